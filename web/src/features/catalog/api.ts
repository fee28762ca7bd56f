import { queryOptions } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type Catalog = Schemas["CatalogRead"];
export type CatalogEntry = Schemas["EntryRead"];

/** What a photo may be. */
export type Limits = {
  max_bytes: number;
  max_megapixels: number;
  min_side: number;
  content_types: string[];
};

/** Room types, styles and limits; they change with a release of the platform only. */
export const catalogQuery = queryOptions({
  queryKey: ["catalog"],
  staleTime: 60 * 60_000,
  queryFn: async () => (await data(api.GET("/v1/catalog"))) as Catalog,
});

/** For catalogs that do not tell: what every version of the platform takes. */
const USUAL: Limits = {
  max_bytes: 25 * 1024 * 1024,
  max_megapixels: 50,
  min_side: 400,
  content_types: [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/avif",
  ],
};

export function limitsOf(catalog: Catalog): Limits {
  return (catalog as Catalog & { limits?: Limits }).limits ?? USUAL;
}
