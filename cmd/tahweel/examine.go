package main

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"tahweel/internal/canary"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
	"tahweel/internal/sealed"
	"tahweel/internal/secretfile"
)

// homeZone is the time zone in which the ministry counts days.
const homeZone = "Asia/Hebron"

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// resolveExisting is the path, or the nearest folder above it that exists.
func resolveExisting(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

// keys looks at the key files and returns the keyset, nil if it cannot be used or is not there yet.
func (d *doctor) keys() *sealed.Keyset {
	folder := d.command.folder()
	sealing, err := sealed.ReadKeyset(folder.key(sealingFile))
	_, signing := identity.ReadKeys(folder.key(signingFile))
	if errors.Is(err, fs.ErrNotExist) && errors.Is(signing, fs.ErrNotExist) {
		d.found("keys", warning, "on a new installation the first start makes them; on another one put them back from their backup before you start anything",
			"there are no keys in %s", folder.keys())
		return nil
	}
	for _, err := range []error{err, signing} {
		var open *secretfile.OpenToOthersError
		switch {
		case errors.As(err, &open):
			d.found("keys", problem, "run: chmod 600 "+open.Path+"; others may have read the keys, so change them", "others may use %s", open.Path)
		case err != nil:
			d.found("keys", problem, "put the file back from its backup; never start the service without the sealing keyset, it would make a new one", "%v", err)
		}
	}
	if err != nil {
		return nil
	}
	if signing == nil {
		d.found("keys", fine, "", "the key files are in order (keyset %s)", sealing.Fingerprint())
	}
	return sealing
}

// database looks at the database, starting the private one for as long as that takes if nobody else has.
func (d *doctor) database(ctx context.Context, keys *sealed.Keyset) {
	c := d.command
	if c.databaseFlags.check() != nil {
		return // said already
	}
	if c.embedded() && !pgembed.Exists(c.folder().database()) {
		if _, err := pgembed.Major(ctx, c.folder().database()); err != nil {
			d.found("database", problem, "install what is missing", "%v", err)
			return
		}
		d.found("database", fine, "", "there is no database yet; the first start makes one in %s", c.folder().database())
		return
	}
	database, err := c.join(ctx, d.program)
	if err != nil {
		d.found("database", problem, "see what it says", "%v", err)
		return
	}
	defer func() { _ = database.stop(ctx) }()
	before := d.program.clock()
	facts, err := pg.Inspect(ctx, database.serviceURL)
	if err != nil {
		d.found("database", problem, "look at DATABASE_URL, whether the server runs, and whether a firewall is between", "%v", err)
		return
	}
	d.clocks(facts.Now, before, d.program.clock())
	if d.fit(facts) {
		d.belong(ctx, database, keys)
	}
}

// fit looks at the facts one by one, and reports whether the service could open the database.
func (d *doctor) fit(f pg.Facts) bool {
	const oldest = 15
	before := len(d.findings)
	major := f.ServerVersion / 10_000
	if major < oldest {
		d.found("database", problem, "bring the data to PostgreSQL 15 or later", "the server is PostgreSQL %d", major)
	}
	if !f.PostGISAvailable {
		d.found("database", problem, "install PostGIS on the server, on Debian and Ubuntu the package postgresql-postgis", "the server has no PostGIS")
	}
	if f.Encoding != "UTF8" {
		d.found("database", problem, "create the database anew with ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0", "the database is encoded in %s", f.Encoding)
	}
	if f.Trigrams && !f.ArabicLetters {
		d.found("database", problem, "create the database anew with ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0", "in the locale %s Arabic letters are not letters, and searches find nothing", f.Locale)
	}
	if !f.TimeZone {
		d.found("database", problem, "install the time zone data on the database's machine", "the server does not know the time zone %s", homeZone)
	}
	d.roles(f)
	if f.RoleExists && f.Member && (!f.PostGIS || !f.Trigrams || f.Schema < pg.NeededSchema()) {
		d.found("schema", problem, "run tahweel migrate before serving", "the schema is at version %d and this program needs %d", f.Schema, pg.NeededSchema())
	}
	if len(d.findings) > before {
		return !d.problems(before)
	}
	d.found("database", fine, "", "PostgreSQL %d with PostGIS, encoding %s, schema %d", major, f.Encoding, f.Schema)
	return true
}

func (d *doctor) problems(from int) bool {
	for _, f := range d.findings[from:] {
		if f.Level == problem {
			return true
		}
	}
	return false
}

func (d *doctor) roles(f pg.Facts) {
	switch {
	case !f.RoleExists:
		d.found("roles", problem, "run tahweel migrate with a login that may create roles", "the role tahweel_app is missing")
		return
	case !f.RoleBound:
		d.found("roles", problem, "run as an administrator: ALTER ROLE tahweel_app NOSUPERUSER NOBYPASSRLS", "row-level security does not bind tahweel_app")
	case !f.Member:
		d.found("roles", problem, "run as an administrator: GRANT tahweel_app TO "+f.Login, "the login %s may not act as tahweel_app", f.Login)
	}
	if f.Superuser || f.Bypass {
		d.found("roles", warning, "give the service a login of its own that is only a member of tahweel_app, and keep this one for tahweel migrate",
			"the login %s could do anything in the database", f.Login)
	}
}

// belong tries the keys on what is sealed in the database.
func (d *doctor) belong(ctx context.Context, database *database, keys *sealed.Keyset) {
	if keys == nil {
		return
	}
	db, err := database.open(ctx)
	if err == nil {
		defer db.Close()
		err = canary.Check(ctx, db, keys)
	}
	if err != nil {
		d.found("sealed", problem, "put the keys of this database in place, from their backup", "%v", err)
		return
	}
	d.found("sealed", fine, "", "the keyset opens what is sealed in the database")
}
