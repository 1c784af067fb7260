ALTER TABLE `job_result` ADD `crashes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `job_result` ADD `takeovers` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `job_result` ADD `retry_at` integer;--> statement-breakpoint
ALTER TABLE `job_row` ADD `ra_deg` real NOT NULL;--> statement-breakpoint
ALTER TABLE `job_row` ADD `dec_deg` real NOT NULL;--> statement-breakpoint
ALTER TABLE `job_row` ADD `overrides` text NOT NULL;