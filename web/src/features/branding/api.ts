import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, type Schemas } from "@/lib/api";

export type Branding = Schemas["BrandingRead"];
export type BrandingChange = Schemas["BrandingUpdate"];
/** The branding, and the tag by which the server knows whether it is still the newest. */
type Seen = { branding: Branding; tag: string };

export const brandingQuery = queryOptions({
  queryKey: ["branding"],
  queryFn: async () => seen(await api.GET("/v1/branding")),
});

/** Publish a change of what `tag` names. If somebody was faster, nothing changes, and what they have
 * published is read. */
export function useChangeBranding() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ change, tag }: { change: BrandingChange; tag: string }) =>
      seen(
        await api.PATCH("/v1/branding", {
          params: { header: { "If-Match": tag } },
          body: change,
        }),
      ),
    onSuccess: (now) => queries.setQueryData(brandingQuery.queryKey, now),
    onError: (error) => {
      if (error instanceof ApiError && error.code === "branding_changed")
        return queries.invalidateQueries({ queryKey: brandingQuery.queryKey });
    },
  });
}

function seen({ data, response }: { data?: Branding; response: Response }): Seen {
  return { branding: data as Branding, tag: response.headers.get("ETag") ?? "*" };
}
