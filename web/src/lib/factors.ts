import { queryOptions } from "@tanstack/react-query";
import { api, data, type Schemas } from "./api";

export type Mfa = Schemas["MfaRead"];

/** One's second factors. */
export const mfaQuery = queryOptions({
  queryKey: ["me", "mfa"],
  queryFn: async () => (await data(api.GET("/v1/me/mfa"))) as Mfa,
});
