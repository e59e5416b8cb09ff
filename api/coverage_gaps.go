package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"tahweel/directory"
)

// Gap is a need in a governorate for which some have far to go.
type Gap struct {
	Need        Named     `json:"need"`
	Governorate Named     `json:"governorate"`
	All         Counted   `json:"all" doc:"The places of the governorate."`
	Far         Counted   `json:"far" doc:"Of these, from which it is 20 km and more, with detours, to the nearest provider that can be used, and those that have none. Services that come by wire count as near."`
	Unserved    Counted   `json:"unserved" doc:"Of the far ones, those that nobody serves however far."`
	Full        Counted   `json:"full" doc:"Of the far ones, those to which somebody is nearer who takes nobody just now."`
	AsOf        time.Time `json:"as_of" doc:"When this was so, at the latest; less than an hour ago."`
}

// Counted is a number of places and of the people who live there.
type Counted struct {
	Places     int `json:"places" example:"12"`
	Population int `json:"population" example:"41425" doc:"Indicative, mostly of 2007; places whose population is not known add nothing."`
}

// GapList is a page of gaps.
type GapList struct {
	Items      []Gap  `json:"items" doc:"Those that concern most people first."`
	NextCursor string `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// GapFilter says which gaps are asked for.
type GapFilter struct {
	Need        string `query:"need" maxLength:"40" example:"DIS-PHYSIO" doc:"Only of this need, the code of a leaf."`
	Governorate string `query:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150" doc:"Only in this governorate."`
}

const aboutGaps = "Each need and governorate with places from which nobody that can be used is within 20 km, counted from what list-coverage says of each place. " +
	"It is computed need by need, each about once in an hour. Of restricted needs (tier 3) only who is cleared sees gaps, of the places of their directorates."

func (s *shell) coverageGaps(store *directory.Store) {
	register(s, operation{
		id: "list-coverage-gaps", method: http.MethodGet, path: "/v1/coverage/gaps", tag: "coverage", scope: "reports.read",
		summary: "See where nobody near meets a need", description: aboutGaps, response: GapList{Items: []Gap{exampleGap}},
	}, func(ctx context.Context, in *struct {
		GapFilter
		Paged
	}) (*page[GapList], error) {
		filters := []any{"gaps", in.GapFilter}
		query := directory.GapQuery{Need: in.Need, Governorate: in.Governorate, Limit: in.Limit}
		var after directory.GapPosition
		given, err := openCursor(in.Cursor, &after, filters)
		if err != nil {
			return nil, err
		}
		if given {
			query.After = &after
		}
		found, err := store.Gaps(ctx, actorOf(ctx), query)
		if err != nil {
			return nil, err
		}
		list := GapList{Items: gapsOf(found.Items)}
		if list.NextCursor, err = nextCursor(found.Next, filters); err != nil {
			return nil, err
		}
		return newPage(ctx, list, list.NextCursor), nil
	})
	register(s, operation{
		id: "export-coverage-gaps-csv", method: http.MethodGet, path: "/v1/coverage/gaps.csv", tag: "coverage", scope: "reports.read",
		summary: "Get the coverage gaps as CSV", description: "All of them at once, for a spreadsheet. " + aboutGaps,
		response: table(csvOf([][]string{gapColumns, gapCells(exampleGap)})),
	}, func(ctx context.Context, in *GapFilter) (*tableAnswer, error) {
		found, err := store.Gaps(ctx, actorOf(ctx), directory.GapQuery{Need: in.Need, Governorate: in.Governorate})
		if err != nil {
			return nil, err
		}
		return newTable("coverage-gaps", gapRows(found.Items)), nil
	})
}

// GapTable is the gaps as CSV, as export-coverage-gaps-csv answers.
func GapTable(gaps []directory.Gap) string { return csvOf(gapRows(gaps)) }

func gapRows(gaps []directory.Gap) [][]string {
	rows := [][]string{gapColumns}
	for _, g := range gapsOf(gaps) {
		rows = append(rows, gapCells(g))
	}
	return rows
}

func gapsOf(found []directory.Gap) []Gap {
	gaps := make([]Gap, len(found))
	for i, g := range found {
		gaps[i] = Gap{
			Need: needNamed(g.Need), Governorate: Named{Code: g.GovernorateCode, Name: textOf(g.GovernorateName)}, AsOf: utc(g.AsOf),
			All: countedOf(g.All), Far: countedOf(g.Far), Unserved: countedOf(g.Unserved), Full: countedOf(g.Full),
		}
	}
	return gaps
}

func countedOf(c directory.Counted) Counted { return Counted{Places: c.Places, Population: c.People} }

var gapColumns = []string{
	"need", "need_ar", "need_en", "governorate", "governorate_ar", "governorate_en", "places", "population", "far_places", "far_population",
	"unserved_places", "unserved_population", "full_places", "full_population", "as_of",
}

func gapCells(g Gap) []string {
	cells := []string{g.Need.Code, g.Need.Name.AR, g.Need.Name.EN, g.Governorate.Code, g.Governorate.Name.AR, g.Governorate.Name.EN}
	for _, c := range []Counted{g.All, g.Far, g.Unserved, g.Full} {
		cells = append(cells, strconv.Itoa(c.Places), strconv.Itoa(c.Population))
	}
	return append(cells, g.AsOf.Format(time.RFC3339))
}

var exampleGap = Gap{
	Need: exampleNeedNamed, Governorate: examplePlace.Governorate, AsOf: exampleTime,
	All: Counted{Places: 115, Population: 551_000}, Far: Counted{Places: 12, Population: 41_425}, Unserved: Counted{Places: 3, Population: 2_100},
}
