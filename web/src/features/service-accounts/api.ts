import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type ServiceAccount = Schemas["ServiceAccountRead"];
type AccountWish = Schemas["ServiceAccountCreate"];

const ACCOUNTS = ["service-accounts"];

/** The members that are programs. */
export const serviceAccountsQuery = queryOptions({
  queryKey: ACCOUNTS,
  queryFn: async () =>
    ((await data(api.GET("/v1/service-accounts"))) as Schemas["ServiceAccountList"]).items,
});

/** Make one, or give one another name or role. */
export function useSaveAccount() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ account, wish }: { account: ServiceAccount | null; wish: AccountWish }) => {
      if (account === null) return data(api.POST("/v1/service-accounts", { body: wish }));
      const params = { path: { service_account_id: account.id } };
      return data(api.PATCH("/v1/service-accounts/{service_account_id}", { params, body: wish }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ACCOUNTS }),
  });
}

/** Its keys end with it, at once. */
export function useRemoveAccount() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: ServiceAccount) => {
      const params = { path: { service_account_id: id } };
      return data(api.DELETE("/v1/service-accounts/{service_account_id}", { params }));
    },
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ACCOUNTS }),
        queries.invalidateQueries({ queryKey: ["api-keys"] }),
      ]),
  });
}
