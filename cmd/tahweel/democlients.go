package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"tahweel/internal/demo"
	"tahweel/internal/fault"
	"tahweel/internal/identity"
	"tahweel/internal/secretfile"
	"tahweel/policy"
)

// clients is where the demonstration keeps the private keys of its players' clients, which in life each would keep for themselves.
func (f folder) clients() string { return filepath.Join(string(f), "clients") }

// clientOf returns the id of a player's client and the file of its key, with which a program gets tokens as a partner's does. Both are
// made where they are missing.
func clientOf(ctx context.Context, accounts *identity.Store, dir folder, player demo.Player) (id uuid.UUID, keyFile string, err error) {
	if err := os.MkdirAll(dir.clients(), 0o700); err != nil {
		return uuid.Nil, "", fmt.Errorf("make the folder of the clients' keys: %w", err)
	}
	if keyFile, err = filepath.Abs(filepath.Join(dir.clients(), player.Name+".key")); err != nil {
		return uuid.Nil, "", err
	}
	key, err := keyIn(keyFile)
	if err != nil {
		return uuid.Nil, "", fmt.Errorf("the key of %s: %w", player.Name, err)
	}
	id = uuid.NewSHA1(uuid.NameSpaceURL, []byte("tahweel:demo:"+key.Public().ID)) // of the key, so that the two belong together
	_, err = accounts.Client(ctx, policy.TheSystem(), id)
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.NotFound {
		_, err = accounts.RegisterClient(ctx, policy.TheSystem(), identity.NewClient{
			ID: id, AccountID: player.Claims.Subject, Name: "Demonstration: " + player.Name, Scopes: player.Claims.Scopes,
			Keys: []identity.ClientKey{key.Public()},
		})
	}
	return id, keyFile, err
}

// keyIn reads the key in the file, and makes it at first.
func keyIn(file string) (identity.PrivateKey, error) {
	content, err := secretfile.Update(file, func(old []byte) ([]byte, error) {
		if old != nil {
			return old, nil
		}
		made, err := identity.NewPrivateKey("ES256")
		if err != nil {
			return nil, err
		}
		return made.PEM()
	})
	if err != nil {
		return identity.PrivateKey{}, err
	}
	return identity.ParsePrivateKey(content)
}
