ALTER TABLE `sync_request` ADD `work_ms` real;--> statement-breakpoint
CREATE INDEX `sync_request_worked` ON `sync_request` (`id`) WHERE work_ms is not null and pixels_to_decode is not null;--> statement-breakpoint
CREATE INDEX `job_result_worked` ON `job_result` (`id`) WHERE state = 'DONE';