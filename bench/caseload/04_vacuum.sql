VACUUM (ANALYZE) person, person_index, referral, sealed_field, consent, attempt, event, account, membership;
