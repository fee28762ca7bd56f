import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { catalogQuery } from "./api";

/** The names of room types and styles in the person's language, by key. Those that we have no word for
 * have the server's. */
export function useCatalogWords(): {
  room: (key: string) => string;
  style: (key: string) => string;
} {
  const { t } = useLingui();
  const { data: catalog } = useQuery(catalogQuery);
  const rooms: Record<string, string> = {
    living_room: t`Living room`,
    bedroom: t`Bedroom`,
    dining_room: t`Dining room`,
  };
  const styles: Record<string, string> = {
    modern: t`Modern`,
    scandinavian: t`Scandinavian`,
    industrial: t`Industrial`,
  };
  const named = (entries: readonly { key: string; name: string }[] | undefined, key: string) =>
    entries?.find((entry) => entry.key === key)?.name ?? key.replaceAll("_", " ");
  return {
    room: (key) => rooms[key] ?? named(catalog?.room_types, key),
    style: (key) => styles[key] ?? named(catalog?.styles, key),
  };
}
