import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type MyTenant = Schemas["OwnTenantRead"];

/** The workspaces of the person who is signed in. */
export const tenantsQuery = queryOptions({
  queryKey: ["tenants"],
  queryFn: async () => (await data(api.GET("/v1/me/tenants")))?.items as MyTenant[],
});

/** On a workspace's host: bind what follows to this browser; returns what the platform is shown. */
export function useStartHandoff() {
  return useMutation({
    mutationFn: async () =>
      ((await data(api.POST("/v1/handoffs/start"))) as Schemas["HandoffStarted"]).challenge,
  });
}

/** On the platform's host: the address that leads into a workspace, once. */
export function useHandOff() {
  return useMutation({
    mutationFn: async (body: Schemas["HandoffCreate"]) =>
      ((await data(api.POST("/v1/handoffs", { body }))) as Schemas["HandoffRead"]).url,
  });
}

/** On a workspace's host: the code from that address becomes a session. */
export function useEnter() {
  return useMutation({
    mutationFn: (handoff: string) => data(api.POST("/v1/session", { body: { handoff } })),
  });
}
