import { lazyRouteComponent } from "@tanstack/react-router";

// The texts of a feature are loaded beside the code of its pages, so that what a page weighs does not grow
// with pages that are not open. `app/messages` knows where they are.

type Load = (feature: string) => Promise<void>;
let load: Load = async () => undefined;

/** Say how the texts of a feature are loaded; a page waits for it. */
export function loadTextsBy(loader: Load): void {
  load = loader;
}

/** Code that is loaded when it is needed, with the texts of the features whose parts it shows. Those that many
 * pages share are there already. */
export async function withTexts<Module>(
  features: string | readonly string[],
  code: () => Promise<Module>,
): Promise<Module> {
  const [module] = await Promise.all([code(), ...[features].flat().map((each) => load(each))]);
  return module;
}

/** A page that is loaded when it is opened. */
export function lazyPage<Module extends Record<string, unknown>, Name extends keyof Module>(
  features: string | readonly string[],
  code: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent<Module, Name>(() => withTexts(features, code), name);
}
