import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type Connection = Schemas["SsoConnectionRead"];
export type Tested = Schemas["SsoTestRead"];

const NONE: Schemas["SsoOptions"] = { items: [], is_enforced: false };

/** How people of this workspace log in at their company. A log-in does not wait for what cannot be read. */
export const waysQuery = queryOptions({
  queryKey: ["sso"],
  // Whoever has to log in again may have to do so in another way by now.
  staleTime: 1_000,
  queryFn: () => (data(api.GET("/v1/sso")) as Promise<Schemas["SsoOptions"]>).catch(() => NONE),
});

/** The workspace's connections, the oldest first. */
export const connectionsQuery = queryOptions({
  queryKey: ["sso", "connections"],
  queryFn: async () =>
    ((await data(api.GET("/v1/sso/connections"))) as Schemas["SsoConnectionList"]).items,
});

/** The roles that a provider's groups can lead to. */
export const rolesQuery = queryOptions({
  queryKey: ["roles"],
  queryFn: async () => ((await data(api.GET("/v1/roles"))) as Schemas["RoleList"]).items,
});

/** Go to the provider, to log in or to test the connection. */
export function useStart() {
  return useMutation({
    mutationFn: async (body: { connection_id: string; is_test?: boolean }) => {
      const wish = { is_test: false, ...body };
      const started = await data(api.POST("/v1/sso/start", { body: wish }));
      return (started as Schemas["SsoStarted"]).url;
    },
    onSuccess: (url) => location.assign(url),
  });
}
