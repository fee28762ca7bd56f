import type { ReactNode } from "react";
import { looks } from "./looks";

type Column<Row> = {
  /** The heading; "" for a column of buttons. */
  title: string;
  cell: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  figure?: boolean;
};

/** A table; on a phone each row is a block whose cells have their titles beside them. */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
}: {
  /** What the table is about; for those who do not see it. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}) {
  return (
    <table className="w-full border-collapse text-left">
      <caption className="sr-only">{caption}</caption>
      <thead className="max-sm:sr-only">
        <tr className="border-line border-b">
          {columns.map((column) => (
            <th
              key={column.title}
              scope="col"
              className={looks(
                "py-2 pr-4 font-medium text-caption text-quiet last:pr-0",
                column.figure && "text-right",
              )}
            >
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            className="border-line border-b last:border-0 max-sm:grid max-sm:gap-1 max-sm:py-4"
          >
            {columns.map((column) => (
              <td
                key={column.title}
                className={looks(
                  "py-3 pr-4 align-middle last:pr-0 max-sm:flex max-sm:justify-between max-sm:gap-4 max-sm:p-0",
                  column.figure && "tnum sm:text-right",
                )}
              >
                {column.title && (
                  <span aria-hidden className="text-quiet sm:hidden">
                    {column.title}
                  </span>
                )}
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
