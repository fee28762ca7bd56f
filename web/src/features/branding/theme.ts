import type { Theme, Tokens } from "@/lib/contrast";

/** The variables of `tokens.css` that a brand sets. */
export function variablesOf(theme: Theme): Record<string, string> {
  return {
    "--brand": theme.brand,
    "--on-brand": theme.on_brand,
    "--brand-text": theme.brand_text,
    "--brand-ring": theme.brand_ring,
  };
}

/** Show the brand on this page too, whose theme the gateway wrote when it was loaded. Its rules are
 * changed one by one: the page's policy allows that, and no new element of style. */
export function showTheme(tokens: Tokens): void {
  for (const sheet of document.styleSheets) {
    if (sheet.href === null) change(sheet.cssRules, tokens, false);
  }
}

function change(rules: CSSRuleList, tokens: Tokens, inDark: boolean): void {
  for (const rule of rules) {
    if (rule instanceof CSSMediaRule) {
      change(rule.cssRules, tokens, inDark || rule.conditionText.includes("dark"));
    } else if (rule instanceof CSSStyleRule && rule.style.getPropertyValue("--brand")) {
      const isDark = inDark || rule.selectorText.includes('"dark"');
      const variables = variablesOf(isDark ? tokens.dark : tokens.light);
      for (const [name, color] of Object.entries(variables)) rule.style.setProperty(name, color);
    }
  }
}
