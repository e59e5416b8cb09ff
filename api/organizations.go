package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
)

// Organization offers services (HSDS organization).
type Organization struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	Status    string    `json:"status" example:"active" doc:"active or defunct."`
	Version   int       `json:"version"`
	UpdatedAt time.Time `json:"updated_at"`
	Origin

	MergedInto *uuid.UUID `json:"merged_into,omitempty" format:"uuid" doc:"Of which organization it was a second entry; what belonged to it belongs to that one."`

	PossibleDuplicates []PossibleDuplicate `json:"possible_duplicates,omitempty" readOnly:"true" doc:"In the answer to create-organization: those with its name or one of its telephones, at most 20. It was registered all the same."`
	OrganizationFields
}

// OrganizationFields are what may be said of an organization.
type OrganizationFields struct {
	Kind            string `json:"kind" enum:"association,zakat_committee,municipality,ministry_unit,public_body,un_agency,private" doc:"What it is in law. An association, a zakat committee and a private one serve only with an accreditation in force."`
	Name            Text   `json:"name"`
	Description     *Text  `json:"description,omitempty"`
	InformationOnly bool   `json:"information_only,omitempty" doc:"In the directory for signposting; nobody is referred to it."`

	RegisteringAuthority  string `json:"registering_authority,omitempty" maxLength:"200" example:"وزارة الداخلية" doc:"With whom it is registered. The registration is for the ministry and the organization itself; for others it is absent."`
	RegistrationNumber    string `json:"registration_number,omitempty" maxLength:"60" example:"QR-0000-E"`
	RegistrationExpiresOn string `json:"registration_expires_on,omitempty" format:"date" doc:"The last day; absent if it does not expire."`

	Details *OrganizationDetails `json:"details,omitempty" doc:"All else that the catalogue says of it. A change replaces all of it."`
}

// OrganizationList is a page of organizations.
type OrganizationList struct {
	Items      []Organization `json:"items"`
	NextCursor string         `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// OrganizationStatus is the status of an organization, to be set.
type OrganizationStatus struct {
	Status string `json:"status" enum:"active,defunct" doc:"A defunct one is found by nobody. Nothing is ever deleted."`
}

type organizationsInput struct {
	Paged
	Kind   string `query:"kind" enum:"association,zakat_committee,municipality,ministry_unit,public_body,un_agency,private" doc:"Only those of this kind."`
	Status string `query:"status" enum:"active,defunct" doc:"Only those of this status."`
}

func (f OrganizationFields) domain() directory.Organization {
	return directory.Organization{
		Kind: directory.OrganizationKind(f.Kind), Name: f.Name.domain(), Description: f.Description.domain(), InformationOnly: f.InformationOnly,
		RegisteringAuthority: f.RegisteringAuthority, RegistrationNumber: f.RegistrationNumber, RegistrationExpiresOn: dayOf(f.RegistrationExpiresOn),
		Details: likewise[directory.OrganizationDetails](say(f.Details)),
	}
}

func organizationOf(o directory.Organization) Organization {
	return Organization{
		ID: o.ID, Status: string(o.Status), Version: o.Version, UpdatedAt: utc(o.UpdatedAt), Origin: originOf(o.Source, o.Confirmation), MergedInto: o.MergedInto,
		PossibleDuplicates: possibleDuplicatesOf(o.PossibleDuplicates),
		OrganizationFields: OrganizationFields{
			Kind: string(o.Kind), Name: textOf(o.Name), Description: textOrNone(o.Description), InformationOnly: o.InformationOnly,
			RegisteringAuthority: o.RegisteringAuthority, RegistrationNumber: o.RegistrationNumber, RegistrationExpiresOn: dayText(o.RegistrationExpiresOn),
			Details: likewiseOrNone[OrganizationDetails](o.Details),
		},
	}
}

func (s *shell) organizations(store *directory.Store) {
	const tag, path = "organizations", "/v1/organizations"
	register(s, operation{
		id: "create-organization", method: http.MethodPost, path: path, tag: tag, scope: "directory.write", status: http.StatusCreated,
		summary: "Register an organization", description: "For the associations directorate.",
		request: exampleOrganization.OrganizationFields, response: exampleOrganization,
	}, func(ctx context.Context, in *createInput[OrganizationFields]) (*entity[Organization], error) {
		w, err := store.CreateOrganizationOnce(ctx, actorOf(ctx), in.Body.domain(), in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, w.Entity.Version, organizationOf(w.Entity), w.Replayed)
		return located(e, path+"/"+w.Entity.ID.String()), err
	})
	register(s, operation{
		id: "get-organization", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read an organization", description: "In full for the ministry and the organization itself, without its registration for others.", response: exampleOrganization,
	}, func(ctx context.Context, in *idInput) (*entity[Organization], error) {
		o, err := store.Organization(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(o.Version, organizationOf(o), in.Conditional)
	})
	register(s, operation{
		id: "list-organizations", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List organizations", description: "In the order of their ids, each as get-organization shows it.", response: OrganizationList{Items: []Organization{exampleOrganization}},
	}, func(ctx context.Context, in *organizationsInput) (*page[OrganizationList], error) {
		filters := []string{"organizations", in.Kind, in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Organizations(ctx, actorOf(ctx), directory.Filter{Kind: in.Kind, Status: in.Status, After: after, Limit: in.Limit + 1})
		if err != nil {
			return nil, err
		}
		var list OrganizationList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(o directory.Organization) uuid.UUID { return o.ID }, organizationOf)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "change-organization", method: http.MethodPut, path: path + "/{id}", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Change an organization", description: "Replaces all that may be said of it: what is left out is empty afterwards. For the associations directorate, and for the organization itself, " +
			"which changes its description and its details; what it is and is called, whose part it is and where it is registered stays for it as it was.",
		request: exampleOrganization.OrganizationFields, response: exampleOrganization,
	}, func(ctx context.Context, in *changeInput[OrganizationFields]) (*entity[Organization], error) {
		o := in.Body.domain()
		o.ID, o.Version = in.ID, in.version
		o, err := store.ChangeOrganization(ctx, actorOf(ctx), o)
		if err != nil {
			return nil, err
		}
		return newEntity(o.Version, organizationOf(o), Conditional{})
	})
	register(s, operation{
		id: "set-organization-status", method: http.MethodPut, path: path + "/{id}/status", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Say whether an organization exists still", description: "What may be found counts from the next request. For the associations directorate.",
		request: OrganizationStatus{Status: "defunct"}, response: exampleOrganization,
	}, func(ctx context.Context, in *changeInput[OrganizationStatus]) (*entity[Organization], error) {
		o, err := store.SetOrganizationStatus(ctx, actorOf(ctx), in.ID, in.version, directory.Status(in.Body.Status))
		if err != nil {
			return nil, err
		}
		return newEntity(o.Version, organizationOf(o), Conditional{})
	})
	historyOf(s, store, directory.OrganizationEntity, historyText{id: "list-organization-history", path: path + "/{id}", tag: tag, of: "an organization"})
}

var exampleOrganization = Organization{
	ID: exampleOrganizationID, Status: "active", Version: 1, UpdatedAt: exampleTime,
	OrganizationFields: OrganizationFields{
		Kind: "association", Name: exampleAttempt.Organization.Name,
		Description:          &Text{AR: "جمعية نموذجية للتأهيل.", EN: "A model society for rehabilitation."},
		RegisteringAuthority: "وزارة الداخلية", RegistrationNumber: "QR-0000-E", RegistrationExpiresOn: "2027-12-31",
		Details: &OrganizationDetails{Website: "https://example.org", Phones: []Phone{{Number: "+97020000001"}}},
	},
}
