export { serviceAccountsQuery } from "./api";
export { ServiceAccounts } from "./parts/ServiceAccounts";
