import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, newKey, type Schemas, withKey } from "@/lib/api";
import { eachList, type Photo, type PhotoLists, photoQuery } from "./api";
import { takePhoto, withoutPhoto } from "./events";

const of = (id: string) => ({ path: { project_id: id } });

/** Everything that can be done with photos. What can be taken back shows at once; answers and events go
 * into every list. */
export function usePhotoMutations() {
  const queries = useQueryClient();
  const taken = (photo: unknown) => takePhoto(queries, photo as Photo);
  return {
    rename: useMutation({
      mutationFn: ({ id, name }: { id: string; name: string }) =>
        data(api.PATCH("/v1/projects/{project_id}", { params: of(id), body: { name } })),
      onSuccess: taken,
    }),
    favour: useMutation({
      mutationFn: ({ id, is_favourite }: { id: string; is_favourite: boolean }) =>
        data(api.PATCH("/v1/projects/{project_id}", { params: of(id), body: { is_favourite } })),
      onSuccess: taken,
    }),
    cancel: useMutation({
      mutationFn: (id: string) =>
        data(api.POST("/v1/projects/{project_id}/cancel", { params: of(id) })),
      onSuccess: taken,
    }),
    /** `key` is made when the button is shown, so a double click costs once. */
    retry: useMutation({
      mutationFn: ({ id, key = newKey(), body }: Retry) =>
        data(
          api.POST("/v1/projects/{project_id}/retry", {
            params: { ...of(id), ...withKey(key) },
            ...(body && { body }),
          }),
        ),
      onSuccess: taken,
    }),
    vary: useMutation({
      mutationFn: ({ id, key, body }: Variation) =>
        data(
          api.POST("/v1/projects/{project_id}/variations", {
            params: { ...of(id), ...withKey(key) },
            body,
          }),
        ),
      onSuccess: taken,
    }),
    choose: useMutation({
      mutationFn: (id: string) =>
        data(api.POST("/v1/projects/{project_id}/choose", { params: of(id) })),
      onSuccess: (photo) => {
        taken(photo);
        // Another one of the same photo is not final any more.
        void queries.invalidateQueries({ queryKey: ["photos"] });
      },
    }),
    /** Into the trash: they can be restored for 30 days. */
    trash: useRemoval((id) => data(api.DELETE("/v1/projects/{project_id}", { params: of(id) }))),
    /** Deleted for good. */
    purge: useRemoval((id) =>
      data(
        api.DELETE("/v1/projects/{project_id}", {
          params: { ...of(id), query: { permanently: true } },
        }),
      ),
    ),
    restore: useRemoval(async (id) =>
      taken(await data(api.POST("/v1/projects/{project_id}/restore", { params: of(id) }))),
    ),
  };
}

type Retry = { id: string; key?: string; body?: Schemas["RetryCreate"] };
export type Variation = { id: string; key: string; body: Schemas["VariationCreate"] };

/** Photos that leave the list they are in: at once, and those that could not are put back. */
function useRemoval(remove: (id: string) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      const failed: { id: string; error: unknown }[] = [];
      for (const id of ids) await remove(id).catch((error: unknown) => failed.push({ id, error }));
      if (failed.length > 0) throw new RemovalError(failed);
    },
    onMutate: async (ids) => {
      await queries.cancelQueries({ queryKey: ["photos", "list"] });
      return takeOut(queries, ids);
    },
    onError: (_error, _ids, putBack) => putBack?.(),
    onSettled: async (_data, _error, ids) => {
      for (const id of ids) await queries.invalidateQueries({ queryKey: photoQuery(id).queryKey });
      await queries.invalidateQueries({ queryKey: ["photos", "list"] });
      await queries.invalidateQueries({ queryKey: ["usage"] });
    },
  });
}

/** Some of the photos could not be removed. */
export class RemovalError extends Error {
  readonly failed: { id: string; error: unknown }[];

  constructor(failed: { id: string; error: unknown }[]) {
    super(`${failed.length} photos`);
    this.name = "RemovalError";
    this.failed = failed;
  }
}

function takeOut(queries: QueryClient, ids: readonly string[]): () => void {
  const before = eachList(queries);
  for (const { key, lists } of before) {
    if (lists) queries.setQueryData<PhotoLists>(key, ids.reduce(withoutPhoto, lists));
  }
  return () => {
    for (const { key, lists } of before) queries.setQueryData(key, lists);
  };
}
