package sheet

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// ExportOptions say what is written out.
type ExportOptions struct {
	Format   Format
	Own      uuid.UUID // of one organization alone; the zero id: of all
	Language string    // of the headings and of the text that stands on top in HSDS; empty: ar
	Progress func(organizations int)
}

// writer writes the catalogue in one format, organization by organization.
type writer interface {
	vocabulary(taxonomies []directory.Taxonomy, terms []directory.Term) error
	organization(h directory.Holding) error
	close() error
}

// Export writes the catalogue to out: what has not ended, without confidential places and what is given there, and with the registration
// of organizations in the template only. Read back in, it changes nothing. It fails with fault.Forbidden unless the actor may import
// everything, or, with ExportOptions.Own, for that organization.
func (s *Store) Export(ctx context.Context, actor policy.Actor, o ExportOptions, out io.Writer) error {
	if _, _, ok := actor.May(policy.Manage, policy.ClassImport, policy.Object{OrganizationID: o.Own}); !ok {
		return policy.RoleForbids(policy.Manage, policy.ClassImport)
	}
	if o.Language == "" {
		o.Language = "ar"
	}
	make := map[Format]func(ExportOptions, io.Writer) (writer, error){
		CSV: newCSVExport, Excel: newExcelExport, HSDSJSON: newJSONExport, HSDSPackage: newPackageExport,
	}[o.Format]
	if make == nil {
		return fault.New(fault.Refused, "unknown_format", "This is none of the formats.", "هذه ليست من الصيغ المعروفة.")
	}
	w, err := make(o, out)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	err = s.db.InTx(ctx, behalf{actor.AccountID, s.clock()}, func(q pg.Querier) error { return export(ctx, q, o, w) })
	if closed := w.close(); err == nil && closed != nil {
		err = fmt.Errorf("export: %w", closed)
	}
	return err
}

const exportPage = 200

func export(ctx context.Context, q pg.Querier, o ExportOptions, w writer) error {
	taxonomies, terms, err := directory.Vocabulary(ctx, q)
	if err != nil {
		return err
	}
	if p, ok := w.(*packageExport); ok && o.Own == uuid.Nil {
		if p.loose, err = readLoose(ctx, q); err != nil {
			return err
		}
	}
	if err := w.vocabulary(taxonomies, terms); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for after, n := uuid.Nil, 0; ; {
		page, err := directory.HoldersOf(ctx, q, o.Own, after, exportPage)
		if err != nil {
			return err
		}
		for _, id := range page {
			h, err := directory.HoldingOf(ctx, q, id)
			if err != nil {
				return err
			}
			if err := w.organization(h); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			n, after = n+1, id
		}
		if o.Progress != nil {
			o.Progress(n)
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

// rowsOf are the rows of the template that tell of an organization: one for each service at a location, and one for what stands in none.
func rowsOf(h directory.Holding) [][]string {
	locations := map[uuid.UUID]*directory.Location{}
	for i, l := range h.Locations {
		locations[l.ID] = &h.Locations[i]
	}
	var rows [][]string
	used := map[uuid.UUID]bool{}
	for i := range h.Services {
		offered := false
		for j, o := range h.Offers {
			if o.ServiceID != h.Services[i].ID {
				continue
			}
			offered = true
			used[o.LocationID] = true
			rows = append(rows, cellsOf(&h.Organization, &h.Services[i], locations[o.LocationID], &h.Offers[j]))
		}
		if !offered {
			rows = append(rows, cellsOf(&h.Organization, &h.Services[i], nil, nil))
		}
	}
	for i, l := range h.Locations {
		if !used[l.ID] {
			rows = append(rows, cellsOf(&h.Organization, nil, &h.Locations[i], nil))
		}
	}
	if len(rows) == 0 {
		rows = append(rows, cellsOf(&h.Organization, nil, nil, nil))
	}
	return rows
}

func cellsOf(o *directory.Organization, s *directory.Service, l *directory.Location, offer *directory.ServiceAtLocation) []string {
	said := map[string]string{}
	organizationCells(said, o)
	if s != nil {
		serviceCells(said, s)
	}
	if l != nil {
		locationCells(said, l)
	}
	if offer != nil {
		said["offer_id"], said["offer_status"] = offer.ID.String(), string(offer.Status)
		if offer.AcceptingAsOf != nil {
			said["accepting"], said["accepting_as_of"] = string(offer.Accepting), offer.AcceptingAsOf.UTC().Format("2006-01-02T15:04:05.999999Z07:00")
		}
	}
	out := make([]string, len(templateColumns))
	for i, c := range templateColumns {
		out[i] = harmless(said[c.Key])
	}
	return out
}

func headings(language string) []string {
	out := make([]string, len(templateColumns))
	for i, c := range templateColumns {
		if out[i] = c.Key; language == "ar" {
			out[i] = c.Arabic
		}
	}
	return out
}

func sortedKeys(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }
