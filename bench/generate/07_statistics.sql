ANALYZE need, organization, accreditation, service, service_need, service_area, location, confidential_location, service_at_location,
        instrument, instrument_term, instrument_term_directorate, instrument_term_need, instrument_term_governorate, directorate, directorate_place;
