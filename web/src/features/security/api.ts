import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";
import { sessionQuery } from "@/lib/session";

export type SignIn = Schemas["SignInRead"];

/** How people sign in to the workspace. */
export const signInQuery = queryOptions({
  queryKey: ["sign-in"],
  queryFn: async () => (await data(api.GET("/v1/tenant/sign-in"))) as SignIn,
});

export function useChangeSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["SignInUpdate"]) =>
      (await data(api.PATCH("/v1/tenant/sign-in", { body }))) as SignIn,
    onSuccess: (signIn) => {
      queries.setQueryData(signInQuery.queryKey, signIn);
      void readSoon(queries);
    },
  });
}

/** Read the session until every part of the platform has heard of the rule: it may hold for oneself too. */
async function readSoon(queries: QueryClient): Promise<void> {
  for (const pause of [0, 500, 1_000, 2_000, 4_000]) {
    await new Promise((go) => setTimeout(go, pause));
    await queries.refetchQueries({ queryKey: sessionQuery.queryKey });
  }
}
