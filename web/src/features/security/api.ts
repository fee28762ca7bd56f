import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
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
      // It may hold for oneself too.
      return queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
}
