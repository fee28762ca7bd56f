import { describe, expect, test } from "vitest";
import { addressesIn, domainsIn } from "./addresses";

describe("addresses are found in", () => {
  test.each([
    ["a column", "grace@example.com\nada@example.com\r\n"],
    ["a list", "grace@example.com, ada@example.com"],
    ["a list with semicolons", "grace@example.com;ada@example.com;"],
    ["words", "grace@example.com ada@example.com"],
    ["the head of a mail", 'Grace Hopper <grace@example.com>, "Lovelace, Ada" <ada@example.com>'],
    ["a table", "Hopper\tGrace\tgrace@example.com\tNYC\nLovelace\tAda\tada@example.com\tLondon"],
    ["bullets", "• grace@example.com\n- ada@example.com."],
    ["links", "mailto:grace@example.com?subject=Hi, [ada@example.com]"],
    ["quotes", "„grace@example.com“; 'ada@example.com'"],
  ])("%s", (_, text) => {
    expect(addressesIn(text)).toEqual({
      addresses: ["grace@example.com", "ada@example.com"],
      unreadable: [],
    });
  });

  test("nothing", () => {
    expect(addressesIn(" \n ,; \n")).toEqual({ addresses: [], unreadable: [] });
  });
});

test("each once, whatever its capitals", () => {
  expect(addressesIn("Grace@Example.com\ngrace@example.com").addresses).toEqual([
    "Grace@Example.com",
  ]);
});

test("plus, quotes of names and umlauts stay", () => {
  const all = ["o'hara+x@example.com", "jürgen@büro.example"];
  expect(addressesIn(all.join("\n")).addresses).toEqual(all);
});

test.each([
  ["grace.example.com", ["grace.example.com"]],
  ["ada@example.com, grace.example.com", ["grace.example.com"]],
  ["ada@example.com, grace@", ["grace@"]],
  ["Name,Email\nAda,ada@example.com", ["Name,Email"]],
])("%j has something that is none", (text, unreadable) => {
  expect(addressesIn(text).unreadable).toEqual(unreadable);
});

test("domains", () => {
  expect(domainsIn(" example.com, @Example.org;a@example.net\nexample.com")).toEqual([
    "example.com",
    "example.org",
    "example.net",
  ]);
});
