import type { Theme, Tokens } from "./contrast";

/** The variables of `tokens.css` that a brand sets. */
export function variablesOf(theme: Theme): Record<string, string> {
  return {
    "--brand": theme.brand,
    "--on-brand": theme.on_brand,
    "--brand-text": theme.brand_text,
    "--brand-ring": theme.brand_ring,
  };
}

/** Show a brand on this page, whose theme the gateway wrote when it was loaded; returns what puts that back.
 * Its rules are changed one by one: the page's policy allows that, and no new element of style. */
export function showTheme(tokens: Tokens): () => void {
  const before: (() => void)[] = [];
  for (const sheet of document.styleSheets) {
    if (sheet.href === null) change(sheet.cssRules, tokens, false, before);
  }
  return () => {
    for (const restore of before) restore();
  };
}

function change(rules: CSSRuleList, tokens: Tokens, inDark: boolean, before: (() => void)[]): void {
  for (const rule of rules) {
    if (rule instanceof CSSMediaRule) {
      change(rule.cssRules, tokens, inDark || rule.conditionText.includes("dark"), before);
    } else if (rule instanceof CSSStyleRule && rule.style.getPropertyValue("--brand")) {
      const isDark = inDark || rule.selectorText.includes('"dark"');
      const variables = variablesOf(isDark ? tokens.dark : tokens.light);
      for (const [name, color] of Object.entries(variables)) {
        const old = rule.style.getPropertyValue(name);
        before.push(() => rule.style.setProperty(name, old));
        rule.style.setProperty(name, color);
      }
    }
  }
}
