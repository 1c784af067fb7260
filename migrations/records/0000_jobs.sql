CREATE TABLE `job` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`priority` integer NOT NULL,
	`run_id` text,
	`phase` text NOT NULL,
	`parameters` text NOT NULL,
	`created_at` integer NOT NULL,
	`queued_at` integer,
	`started_at` integer,
	`ended_at` integer,
	`destruction_at` integer NOT NULL,
	`extensions` integer DEFAULT 0 NOT NULL,
	`quote_at` integer,
	`execution_duration_s` integer NOT NULL,
	`error_code` text,
	`error_message` text
);
--> statement-breakpoint
CREATE INDEX `job_owner` ON `job` (`owner`,`created_at`);--> statement-breakpoint
CREATE INDEX `job_phase` ON `job` (`phase`,`priority`,`queued_at`);--> statement-breakpoint
CREATE INDEX `job_destruction` ON `job` (`destruction_at`);--> statement-breakpoint
CREATE TABLE `job_result` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` text NOT NULL,
	`number` integer NOT NULL,
	`row_number` integer,
	`recipe` text NOT NULL,
	`state` text NOT NULL,
	`worker_id` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`file_name` text,
	`media_type` text,
	`byte_length` integer,
	`sha256` text,
	`error_code` text,
	`error_message` text,
	`datasets` text,
	`missing` text,
	`bytes_to_read` integer,
	`pixels_to_decode` integer,
	FOREIGN KEY (`job_id`) REFERENCES `job`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `job_result_number` ON `job_result` (`job_id`,`number`);--> statement-breakpoint
CREATE INDEX `job_result_state` ON `job_result` (`job_id`,`state`,`number`);--> statement-breakpoint
CREATE INDEX `job_result_worker` ON `job_result` (`worker_id`);--> statement-breakpoint
CREATE TABLE `job_row` (
	`job_id` text NOT NULL,
	`number` integer NOT NULL,
	`row_id` text,
	`columns` text NOT NULL,
	PRIMARY KEY(`job_id`, `number`),
	FOREIGN KEY (`job_id`) REFERENCES `job`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `sync_request` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`owner` text NOT NULL,
	`started_at` integer NOT NULL,
	`run_id` text,
	`parameters` text NOT NULL,
	`status` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`byte_length` integer NOT NULL,
	`bytes_to_read` integer,
	`pixels_to_decode` integer,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `sync_request_owner` ON `sync_request` (`owner`,`started_at`);--> statement-breakpoint
CREATE INDEX `sync_request_started` ON `sync_request` (`started_at`);--> statement-breakpoint
CREATE TABLE `usage` (
	`owner` text PRIMARY KEY NOT NULL,
	`stored_bytes` integer DEFAULT 0 NOT NULL,
	`last_turn_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `worker` (
	`id` text PRIMARY KEY NOT NULL,
	`started_at` integer NOT NULL,
	`heartbeat_at` integer NOT NULL
);
