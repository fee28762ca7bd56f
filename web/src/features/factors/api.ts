import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";
import { makePasskey } from "@/lib/passkeys";

export type Passkey = Schemas["PasskeyRead"];
export type NewApp = Schemas["TotpStarted"];
export type NewPasskey = Schemas["PasskeyStarted"];

/** When owners want to take one's factors away. */
export const resetsQuery = queryOptions({
  queryKey: ["me", "mfa", "resets"],
  queryFn: async () =>
    ((await data(api.GET("/v1/me/mfa/resets"))) as Schemas["OwnFactorResets"]).items,
});

/** A change of factors ends the other sessions, and may be what this one waited for. */
function useChanged(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["me"] }),
      queries.invalidateQueries({ queryKey: ["session"] }),
    ]);
}

/** What an app for codes is set up with. */
export function useStartApp() {
  return useMutation({
    gcTime: 0,
    mutationFn: async () => (await data(api.POST("/v1/me/mfa/totp"))) as NewApp,
  });
}

/** Keep the app, because it shows the right code; returns recovery codes if these are the first. */
export function useConfirmApp() {
  const onSuccess = useChanged();
  return useMutation({
    gcTime: 0,
    mutationFn: async (code: string) =>
      (
        (await data(
          api.POST("/v1/me/mfa/totp/confirm", { body: { code } }),
        )) as Schemas["FactorAddedRead"]
      ).recovery_codes,
    onSuccess,
  });
}

export function useRemoveApp() {
  const onSuccess = useChanged();
  return useMutation({ mutationFn: () => data(api.DELETE("/v1/me/mfa/totp")), onSuccess });
}

/** New recovery codes; those before are void. */
export function useRenewCodes() {
  const onSuccess = useChanged();
  return useMutation({
    gcTime: 0,
    mutationFn: async () =>
      ((await data(api.POST("/v1/me/mfa/recovery-codes"))) as Schemas["RecoveryCodes"])
        .recovery_codes,
    onSuccess,
  });
}

/** What a browser makes a passkey with; on the platform's host. */
export function useStartPasskey() {
  return useMutation({
    gcTime: 0,
    mutationFn: async () => (await data(api.POST("/v1/me/mfa/passkeys/start"))) as NewPasskey,
  });
}

/** Have the browser make it, and keep it; returns recovery codes if these are the first. */
export function useAddPasskey() {
  const onSuccess = useChanged();
  return useMutation({
    gcTime: 0,
    mutationFn: async ({ begun, name }: { begun: NewPasskey; name: string }) => {
      const credential = await makePasskey(begun.options);
      const body = { challenge_id: begun.challenge_id, name, credential };
      const made = (await data(
        api.POST("/v1/me/mfa/passkeys", { body }),
      )) as Schemas["PasskeyAddedRead"];
      return made.recovery_codes;
    },
    onSuccess,
  });
}

export function useRenamePasskey() {
  const onSuccess = useChanged();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) => {
      const params = { path: { passkey_id: id } };
      return data(api.PATCH("/v1/me/mfa/passkeys/{passkey_id}", { params, body: { name } }));
    },
    onSuccess,
  });
}

export function useRemovePasskey() {
  const onSuccess = useChanged();
  return useMutation({
    mutationFn: (id: string) => {
      const params = { path: { passkey_id: id } };
      return data(api.DELETE("/v1/me/mfa/passkeys/{passkey_id}", { params }));
    },
    onSuccess,
  });
}

/** Whether the log-in with the password asks for a passkey too. */
export function useSetAlwaysAsked() {
  const onSuccess = useChanged();
  return useMutation({
    mutationFn: (is_always_asked: boolean) =>
      data(api.PATCH("/v1/me/mfa", { body: { is_always_asked } })),
    onSuccess,
  });
}

/** Keep one's factors, whoever wants to take them away. */
export function useRefuseResets() {
  const onSuccess = useChanged();
  return useMutation({ mutationFn: () => data(api.DELETE("/v1/me/mfa/resets")), onSuccess });
}
