export { type ServiceAccount, serviceAccountsQuery } from "./api";
export { ServiceAccounts } from "./parts/ServiceAccounts";
