import { i18n } from "@lingui/core";
import { beforeEach, expect, test } from "vitest";
import { ApiError, OfflineError } from "./api";
import { formState, wordsFor } from "./refusals";

beforeEach(() => i18n.loadAndActivate({ locale: "en", messages: {} }));

const wrong = (...errors: [field: string, type: string][]) =>
  new ApiError(422, {
    code: "invalid_request",
    detail: "Some fields are missing or wrong.",
    errors: errors.map(([field, type]) => ({ field, type, message: "must not be like this" })),
  });
const asked = (error: Error | null) => ({ isPending: false, error });

test("what is wrong with a field stands at the field, in our words", () => {
  const { errors, notice } = formState(
    asked(wrong(["body.name", "blank"], ["body.email", "email"])),
  );
  expect(errors).toEqual({
    name: "Fill this in.",
    email: "This is not a complete email address.",
  });
  expect(notice).toBe("Not everything here can be used. Look it through once more.");
});

test("a part of a field's value, and a field of a part, are about the field", () => {
  const names = { "tenant.name": "workspace", emails: "addresses" };
  const error = wrong(
    ["body.domains.3", "email"],
    ["body.tenant.name", "too_long"],
    ["body.emails.0", "email"],
    ["body.colors.primary", "color"],
  );
  expect(Object.keys(formState(asked(error), {}, { names }).errors ?? {})).toEqual([
    "domains",
    "workspace",
    "addresses",
    "primary",
  ]);
});

test("a refusal that is about one field stands there, and nowhere else", () => {
  const error = new ApiError(409, { code: "role_name_taken", detail: "Taken." });
  const state = formState(
    asked(error),
    { role_name_taken: "There is one." },
    { at: { role_name_taken: "name" } },
  );
  expect(state).toMatchObject({ errors: { name: "There is one." }, notice: undefined });
});

test("a password that is too weak is one in every form", () => {
  const { errors, notice } = formState(asked(new ApiError(422, { code: "weak_password" })));
  expect(Object.keys(errors ?? {})).toEqual(["password"]);
  expect(notice).toBeUndefined();
});

test("the same refusal is the same object, so that a form does not take it for another one", () => {
  const error = wrong(["body.name", "blank"]);
  expect(formState(asked(error)).errors).toBe(formState(asked(error)).errors);
  expect(formState(asked(wrong(["body.name", "blank"]))).errors).not.toBe(
    formState(asked(error)).errors,
  );
});

test("without a refusal there is nothing to say", () => {
  expect(formState({ isPending: true, error: null })).toEqual({
    busy: true,
    refusal: null,
    notice: undefined,
    errors: undefined,
  });
});

test.each([
  [403, "You may not do this, or not any more."],
  [404, "This does not exist any more."],
  [409, "This has changed meanwhile. Load the page again, and look at it once more."],
  [500, "That did not work. Nothing here is lost: try again."],
])("a sentence of the server's is never on a page of another language: %i", (status, ours) => {
  const error = new ApiError(status, {
    code: "newer_than_this_page",
    detail: "As the server says.",
  });
  expect(wordsFor(error)).toBe("As the server says.");
  // The texts are those of the code: none is loaded here.
  i18n.loadAndActivate({ locale: "de", messages: {} });
  expect(wordsFor(error)).toBe(ours);
});

test("without a connection it says so", () => {
  expect(formState(asked(new OfflineError(null))).notice).toMatch(/no connection/);
});
