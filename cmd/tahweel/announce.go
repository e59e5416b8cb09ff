package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/demo"
	"tahweel/internal/identity"
)

// ready is what the ready file holds.
type ready struct {
	API    string           `json:"api"`
	Issuer string           `json:"issuer"` // of tokens, as its metadata name it
	Actors map[string]actor `json:"actors"`
}

type actor struct {
	Token          string    `json:"token"` // good for a day, in the demonstration alone
	ClientID       uuid.UUID `json:"client_id"`
	KeyFile        string    `json:"key_file"` // the client's private key, with which a program gets tokens as it would in life
	OrganizationID string    `json:"organization_id,omitempty"`
}

// announce tells people and programs where the demonstration is and how to begin: on the terminal, in env.sh of the data folder
// for the shell, and in the ready file. Both files hold tokens and are their owner's alone.
func announce(ctx context.Context, p *program, s *service, dir folder, readyFile string) error {
	players, err := demo.Cast()
	if err != nil {
		return err
	}
	address := "http://" + s.listener.Addr().String()
	r := ready{API: address, Issuer: address, Actors: map[string]actor{}}
	accounts := identity.NewStore(s.db, s.issuer, s.program.clock)
	shell := &bytes.Buffer{}
	fmt.Fprintf(shell, "API=%s\n", r.API)
	for _, player := range players {
		token, err := s.visitors.Issue(player.Claims, demoLifetime)
		if err != nil {
			return err
		}
		a := actor{Token: token}
		if a.ClientID, a.KeyFile, err = clientOf(ctx, accounts, dir, player); err != nil {
			return err
		}
		if player.OrganizationID != uuid.Nil {
			a.OrganizationID = player.OrganizationID.String()
		}
		r.Actors[player.Name] = a
		fmt.Fprintf(shell, "%s=%s\n", strings.ToUpper(player.Name), token)
	}
	env := filepath.Join(string(dir), "env.sh")
	if err := writeOwn(env, shell.Bytes()); err != nil {
		return fmt.Errorf("write the tokens for the shell: %w", err)
	}
	if readyFile != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := writeOwn(readyFile, append(text, '\n')); err != nil {
			return fmt.Errorf("write the ready file: %w", err)
		}
	}
	p.say(firstSteps, r.API, env, geo.Attribution)
	return nil
}

const firstSteps = `
Tahweel is at %[1]s — a demonstration: every organization and person in it is invented.
تحويل — عرض تجريبي: كل ما فيه من منظمات وأشخاص مختلق.

  The contract, to read / العقد للقراءة:  %[1]s/docs
  First steps, in another terminal / الخطوات الأولى، في نافذة أخرى:

    . %[2]s
    curl -H "Authorization: Bearer $CASE_MANAGER" "$API/v1/nearby?need=DIS-PHYSIO&place=gn-281292"
    curl -H "Authorization: Bearer $PROVIDER" "$API/v1/events"

  Tokens are good for 24 hours; README.md goes on from here. Ctrl-C stops everything.
  الرموز صالحة 24 ساعة، والتتمة في README.md. ولإيقاف كل شيء: Ctrl-C.

  %[3]s`

// writeOwn writes a file that its owner alone may read, whole or not at all.
func writeOwn(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".tahweel-") // readable by its owner alone
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
