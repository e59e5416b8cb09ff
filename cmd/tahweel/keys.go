package main

import "tahweel/internal/identity"

// signingFlags say where the signing keys are.
type signingFlags struct {
	Dir string `help:"Data folder: the keys, and the embedded database." default:"${data_folder}" env:"TAHWEEL_DIR" type:"path"`
}

func (f signingFlags) file() string { return folder(f.Dir).key(signingFile) }

type keysListCommand struct{ signingFlags }

// Run lists the keys by id.
func (c keysListCommand) Run(p *program) error {
	keys, err := identity.ListKeys(c.file())
	if err != nil {
		return err
	}
	for i, k := range keys {
		if i == 0 {
			p.say("%s  signs", k.ID)
		} else {
			p.say("%s  verifies", k.ID)
		}
	}
	return nil
}

type keysAddCommand struct{ signingFlags }

// Run makes a key that is published and does not sign yet.
func (c keysAddCommand) Run(p *program) error {
	id, err := identity.AddKey(c.file())
	if err != nil {
		return err
	}
	p.say("%s", id)
	return nil
}

type keysPromoteCommand struct {
	signingFlags
	ID string `arg:"" help:"The key's id."`
}

// Run has the key sign from now on.
func (c keysPromoteCommand) Run(*program) error { return identity.PromoteKey(c.file(), c.ID) }

type keysDropCommand struct {
	signingFlags
	ID string `arg:"" help:"The key's id."`
}

// Run removes the key; what it has signed ends.
func (c keysDropCommand) Run(*program) error { return identity.DropKey(c.file(), c.ID) }
