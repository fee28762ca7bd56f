/** What the gateway wrote into the page: who is shown here, and where things are. */
type Boot = {
  kind: "tenant" | "platform" | "ops";
  name: string;
  /** Of a tenant; one that is being made has no data yet. */
  status: "active" | "provisioning" | null;
  locale: Locale;
  app_url: string;
  base_domain: string;
  upload_origin: string;
  build: string;
  branding: Branding | null;
};

export type Locale = "en" | "de";

export type Branding = {
  name: string;
  colors: { primary: string; accent: string };
  logo_url?: string | null;
};

const NOTHING: Boot = {
  kind: "tenant",
  name: "StagifyAI",
  status: "active",
  locale: "en",
  app_url: "/",
  base_domain: "localhost",
  upload_origin: "",
  build: "",
  branding: null,
};

export const boot: Boot = { ...NOTHING, ...read() };

function read(): Partial<Boot> {
  const element = globalThis.document?.getElementById("boot");
  return element ? (JSON.parse(element.textContent ?? "{}") as Partial<Boot>) : {};
}
