export { type Catalog, type CatalogEntry, catalogQuery, type Limits, limitsOf } from "./api";
export { type LastChoice, lastChoice, rememberChoice } from "./choice";
export { useCatalogWords } from "./words";
