package demo

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/policy"
)

// organizations writes all of them; they have nothing to do with each other.
func (l *loader) organizations(ctx context.Context, c content) error {
	return l.sideBySide(func(l *loader, lane int) error {
		for i := lane; i < len(c.organizations); i += lanes {
			if err := l.organization(ctx, c.organizations[i]); err != nil {
				return fmt.Errorf("demo: organization %s: %w", c.organizations[i].Key, err)
			}
		}
		return nil
	})
}

// organization writes an organization with all that belongs to it, as the associations directorate would have.
func (l *loader) organization(ctx context.Context, o organization) error {
	officer, err := l.actor(officer)
	if err != nil {
		return err
	}
	l.turnTo(o.firstDay() - 120)
	_, err = l.directory.CreateOrganization(ctx, officer, directory.Organization{
		ID: organizationID(o.Key), Kind: directory.OrganizationKind(o.Kind), Name: o.Name, Description: o.Description,
		RegisteringAuthority: o.RegisteringAuthority.AR, RegistrationNumber: o.RegistrationNumber,
		Details: o.details(),
	})
	if err != nil {
		return err
	}
	for _, part := range []func(context.Context, policy.Actor, organization) error{l.staff, l.locations, l.services, l.accreditation, l.instruments} {
		if err := part(ctx, officer, o); err != nil {
			return err
		}
	}
	return l.refresh(ctx, organizationID(o.Key))
}

// refresh makes what may be found of the organization, once all of it is written.
func (l *loader) refresh(ctx context.Context, organization uuid.UUID) error {
	return l.found.Refresh(ctx, policy.TheSystem(), organization)
}

// firstDay is the day, as an offset from today, on which the first paper of the organization begins.
func (o organization) firstDay() int {
	first := -30
	if a := o.Accreditation; a != nil {
		first = min(first, a.ValidFrom)
	}
	for _, i := range o.Instruments {
		first = min(first, i.ValidFrom)
	}
	return first
}

func (l *loader) staff(ctx context.Context, _ policy.Actor, o organization) error {
	for _, m := range o.Members {
		if err := l.account(ctx, m, policy.Person, organizationID(o.Key)); err != nil {
			return err
		}
	}
	if !o.Client {
		return nil
	}
	machine := account{Key: clientKey(o.Key), Role: string(policy.ProviderClient), Name: name{AR: "النظام الآلي: " + o.Name.AR, EN: "Own system of " + o.Name.EN}}
	return l.account(ctx, machine, policy.Client, organizationID(o.Key))
}

func (l *loader) locations(ctx context.Context, officer policy.Actor, o organization) error {
	for _, at := range o.Locations {
		place, err := l.geo.Place(ctx, officer, at.Place)
		if err != nil {
			return fmt.Errorf("location %s: %w", at.Key, err)
		}
		point, err := moved(place.Point, at.Offset.North, at.Offset.East)
		if err != nil {
			return fmt.Errorf("location %s: %w", at.Key, err)
		}
		writer := officer
		if at.Confidential {
			writer = policy.TheSystem() // where a shelter is, the directorate's officer does not know either
		}
		_, err = l.directory.CreateLocation(ctx, writer, directory.Location{
			ID: locationID(at.Key), OrganizationID: organizationID(o.Key), PlaceCode: at.Place, Point: point, Name: at.Name, Address: at.Address,
			Confidential: at.Confidential, Details: at.details(),
		})
		if err != nil {
			return fmt.Errorf("location %s: %w", at.Key, err)
		}
	}
	return nil
}

// confidential reports whether the location with the key is one that is never shown.
func (o organization) confidential(key string) bool {
	return slices.ContainsFunc(o.Locations, func(l location) bool { return l.Key == key && l.Confidential })
}

// metersPerDegree is the length of a degree of latitude; that of longitude shrinks with the cosine of the latitude.
const metersPerDegree = 111_195

// moved returns the point that lies so many metres north and east of p, near enough for a few kilometres.
func moved(p geo.Point, north, east float64) (geo.Point, error) {
	return geo.NewPoint(p.Lat()+north/metersPerDegree, p.Lon()+east/(metersPerDegree*math.Cos(p.Lat()*math.Pi/180)))
}

func (l *loader) services(ctx context.Context, officer policy.Actor, o organization) error {
	for _, s := range o.Services {
		if _, err := l.directory.CreateService(ctx, officer, s.entry(organizationID(o.Key), l.moment)); err != nil {
			return fmt.Errorf("service %s: %w", s.Key, err)
		}
		offers := s.Locations
		if s.Remote != nil {
			offers = append(offers, *s.Remote)
		}
		for _, at := range offers {
			writer := officer
			if at.Confidential = o.confidential(at.Location); at.Confidential {
				writer = policy.TheSystem()
			}
			if err := l.offer(ctx, writer, s, at); err != nil {
				return fmt.Errorf("service %s: %w", s.Key, err)
			}
		}
	}
	return nil
}

// entry is the service as the register has it; what is said to be expected was said at the moment.
func (s service) entry(organization uuid.UUID, said time.Time) directory.Service {
	out := directory.Service{
		ID: serviceID(s.Key), OrganizationID: organization, Status: directory.Inactive, Name: s.Name, Description: s.Description, NeedCodes: s.Needs,
		TargetGroups: s.TargetGroups, MinimumAge: s.MinimumAge, MaximumAge: s.MaximumAge, Sex: directory.Sex(s.Sex), Details: s.details(said),
	}
	if s.Active {
		out.Status = directory.Active
	}
	for _, mode := range s.DeliveryModes {
		out.DeliveryModes = append(out.DeliveryModes, directory.DeliveryMode(mode))
	}
	if s.Area == nil {
		return out
	}
	if s.Area.Nationwide {
		out.Areas = append(out.Areas, directory.Area{Nationwide: true})
	}
	for _, code := range s.Area.Governorates {
		out.Areas = append(out.Areas, directory.Area{GovernorateCode: code})
	}
	for _, code := range s.Area.Places {
		out.Areas = append(out.Areas, directory.Area{PlaceCode: code})
	}
	return out
}

// offer opens the service at the location. Its accepting status was said some days before today, so the clock shows today.
func (l *loader) offer(ctx context.Context, officer policy.Actor, s service, at offer) error {
	before := l.moment
	defer func() { l.moment = before }()
	l.moment = l.now
	said := l.now.AddDate(0, 0, -at.AsOfDays)
	out := directory.ServiceAtLocation{
		ID: offerID(s.Key, at.Location), ServiceID: serviceID(s.Key), Accepting: directory.AcceptingStatus(at.Accepting), AcceptingAsOf: &said,
		Confidential: at.Confidential, Details: s.offerDetails(at, said),
	}
	if at.Location != "" {
		out.LocationID = locationID(at.Location)
	}
	_, err := l.directory.OfferAt(ctx, officer, out)
	return err
}
