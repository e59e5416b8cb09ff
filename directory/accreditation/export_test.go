package accreditation

// Lives are the lifecycles of this package by their table of moves: status, event, next status.
var Lives = map[string][][3]string{
	"survey_campaign":           moves(campaignLife),
	"survey_entry":              moves(entryLife),
	"accreditation_application": moves(life),
	"accreditation_appeal":      moves(appealLife),
}

func moves[S, E ~string](life map[S]map[E]S) (list [][3]string) {
	for from, events := range life {
		for e, to := range events {
			list = append(list, [3]string{string(from), string(e), string(to)})
		}
	}
	return list
}

// Known reports what Next says of each pair.
func Known(life, status, event string) bool {
	var err error
	switch life {
	case "survey_campaign":
		_, err = CampaignStatus(status).Next(CampaignEvent(event))
	case "survey_entry":
		_, err = EntryStatus(status).Next(EntryEvent(event))
	case "accreditation_application":
		_, err = Status(status).Next(Event(event))
	case "accreditation_appeal":
		_, err = AppealStatus(status).Next(AppealEvent(event))
	}
	return err == nil
}
