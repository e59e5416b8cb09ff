package main

// importCommands bring data from files.
type importCommands struct {
	Boundaries importBoundariesCommand `cmd:"" help:"Replace the indicative areas of the governorates by boundaries from a GeoJSON file."`
}
