import { platformRoutes } from "@/app/routes.platform";
import { start } from "@/app/start";

void start(platformRoutes());
