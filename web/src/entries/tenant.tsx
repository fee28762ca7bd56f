import { tenantRoutes } from "@/app/routes.tenant";
import { start } from "@/app/start";

void start(tenantRoutes());
