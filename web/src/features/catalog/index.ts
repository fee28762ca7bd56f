export { type Catalog, type CatalogEntry, catalogQuery, type Limits, limitsOf } from "./api";
export { lastChoice, rememberChoice } from "./choice";
export { useCatalogWords } from "./words";
