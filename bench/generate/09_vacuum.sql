VACUUM (ANALYZE) provider_search, provider_card, organization, service, service_area, location, service_at_location, listing, map_point, map_cluster;
