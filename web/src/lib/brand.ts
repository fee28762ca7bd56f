import { type Branding, boot } from "./boot";
import { Store, useStore } from "./store";

const shown = new Store(boot.branding);

/** Whose place this is: what the gateway wrote into the page, or what was published from it since. */
export function useBrand(): { name: string; logo: string | null } {
  const brand = useStore(shown);
  return { name: brand?.name ?? boot.name, logo: brand?.logo_url ?? null };
}

/** Show what has just been published. */
export function showBrand(brand: Branding): void {
  shown.set(brand);
  document.title = brand.name;
}
