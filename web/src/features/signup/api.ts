import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";
import { personQuery } from "@/lib/session";
import { forgetPending, keepPending } from "./pending";

export type SignupWish = Schemas["SignupCreate"];

/** Whether an address is free; if not, why, and one that is. */
export const slugQuery = (slug: string) =>
  queryOptions({
    queryKey: ["slugs", slug],
    enabled: slug !== "",
    staleTime: 10_000,
    queryFn: ({ signal }) =>
      data(api.GET("/v1/slugs/{slug}", { params: { path: { slug } }, signal })) as Promise<
        Schemas["SlugRead"]
      >,
  });

/** Ask for an account and a workspace; a code comes by mail. */
export function useSignUp() {
  return useMutation({
    mutationFn: async (body: SignupWish) =>
      (await data(api.POST("/v1/signup", { body }))) as Schemas["SignupRead"],
    onSuccess: ({ id, expires_at }, { email }) => keepPending({ id, email, expiresAt: expires_at }),
  });
}

/** Confirm the address with the code; the person is signed in on this host afterwards. */
export function useConfirm(signupId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["SignupConfirm"]) =>
      (await data(
        api.POST("/v1/signup/{signup_id}/confirm", {
          params: { path: { signup_id: signupId } },
          body,
        }),
      )) as Schemas["SignupConfirmed"],
    onSuccess: async () => {
      forgetPending();
      await queries.invalidateQueries({ queryKey: personQuery.queryKey });
    },
  });
}

/** Have the code sent once more. */
export function useResend(signupId: string) {
  return useMutation({
    mutationFn: () =>
      data(
        api.POST("/v1/signup/{signup_id}/resend", { params: { path: { signup_id: signupId } } }),
      ),
  });
}
