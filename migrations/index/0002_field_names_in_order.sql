DROP INDEX `image_release_field`;--> statement-breakpoint
CREATE INDEX `image_release_field` ON `image` (`release_number`,`field_name`,`key`);