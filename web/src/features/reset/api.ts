import { useMutation } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

/** Ask for a mail with a way to a new password. The answer is the same for every address. */
export function useAskReset() {
  return useMutation({
    mutationFn: (email: string) => data(api.POST("/v1/password-resets", { body: { email } })),
  });
}

export function useReset() {
  return useMutation({
    mutationFn: (body: Schemas["PasswordResetConfirm"]) =>
      data(api.POST("/v1/password-resets/confirm", { body })),
  });
}
