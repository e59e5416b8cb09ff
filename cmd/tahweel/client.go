package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"tahweel/internal/identity"
	"tahweel/internal/secretfile"
)

type clientKeyCommand struct {
	Out       string `help:"File to write the private key to; it must not exist." required:"" type:"path" placeholder:"FILE"`
	Algorithm string `help:"What it signs by: ${enum}." enum:"ES256,PS256,EdDSA" default:"ES256"`
}

// Run makes a key, keeps its private half in a file of the caller's alone, and prints the public half as a set that can be registered.
func (c clientKeyCommand) Run(p *program) error {
	key, err := identity.NewPrivateKey(c.Algorithm)
	if err != nil {
		return err
	}
	private, err := key.PEM()
	if err != nil {
		return err
	}
	public, err := key.Public().JWK()
	if err != nil {
		return err
	}
	set, err := json.MarshalIndent(map[string]any{"keys": []any{public}}, "", "  ")
	if err != nil {
		return err
	}
	if err := writeNew(c.Out, private); err != nil {
		return err
	}
	p.say("%s", set)
	return nil
}

type clientTokenCommand struct {
	Server   string `help:"Address of the installation, as its tokens name it." required:"" placeholder:"URL"`
	ClientID string `help:"The client's id." name:"client-id" required:"" placeholder:"ID"`
	Key      string `help:"File with its private key." required:"" type:"path" placeholder:"FILE"`
	Scope    string `help:"Scopes to ask for, with spaces between them; all that the client may have, unless given."`
	Out      string `help:"File to write the token to, instead of printing it; it must not exist." type:"path" placeholder:"FILE"`
}

// Run asks the server for a token and prints it, or writes it to a file of the caller's alone.
func (c clientTokenCommand) Run(ctx context.Context, p *program) error {
	content, err := secretfile.Read(c.Key)
	if err != nil {
		return fmt.Errorf("read the private key: %w", err)
	}
	key, err := identity.ParsePrivateKey(content)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Key, err)
	}
	ctx, cancel := context.WithTimeout(ctx, tokenPatience)
	defer cancel()
	issuer, endpoint, err := discover(ctx, c.Server)
	if err != nil {
		return err
	}
	assertion, err := key.Assert(c.ClientID, issuer, p.clock())
	if err != nil {
		return err
	}
	token, err := c.ask(ctx, endpoint, assertion)
	if err != nil {
		return err
	}
	if c.Out != "" {
		return writeNew(c.Out, []byte(token+"\n"))
	}
	p.say("%s", token)
	return nil
}

// tokenPatience is how long the server may take to give a token.
const tokenPatience = 30 * time.Second

// discover reads the metadata of the authorization server (RFC 8414). A server that goes by another address than the one it was asked
// at is refused, as section 3.3 says: it could be somebody who hands our assertion on.
func discover(ctx context.Context, server string) (issuer, endpoint string, err error) {
	server = strings.TrimSuffix(server, "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/.well-known/oauth-authorization-server", nil)
	if err != nil {
		return "", "", fmt.Errorf("--server: %w", err)
	}
	var metadata struct {
		Issuer        string `json:"issuer"`
		TokenEndpoint string `json:"token_endpoint"`
	}
	status, err := exchange(req, &metadata)
	if err != nil {
		return "", "", err
	}
	if status != http.StatusOK {
		return "", "", fmt.Errorf("%s does not say how to get a token: it answers %d", server, status)
	}
	if strings.TrimSuffix(metadata.Issuer, "/") != server {
		return "", "", fmt.Errorf("%s calls itself %q: if you trust it, use --server %[2]s; if it is yours, set its --public-url", server, metadata.Issuer)
	}
	return metadata.Issuer, metadata.TokenEndpoint, nil
}

func (c clientTokenCommand) ask(ctx context.Context, endpoint, assertion string) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
	if c.Scope != "" {
		form.Set("scope", c.Scope)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("the token endpoint: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	status, err := exchange(req, &answer)
	switch {
	case err != nil:
		return "", err
	case status != http.StatusOK || answer.AccessToken == "":
		return "", fmt.Errorf("no token: %s (%d): %s", answer.Error, status, answer.Description)
	}
	return answer.AccessToken, nil
}

// exchange sends the request and reads the JSON that comes back.
func exchange(req *http.Request, into any) (status int, err error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask the server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	const most = 1 << 20
	if err := json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(into); err != nil {
		return resp.StatusCode, fmt.Errorf("the server answers %d, and not with JSON: %w", resp.StatusCode, err)
	}
	return resp.StatusCode, nil
}

// writeNew writes a secret to a file that does not exist yet, readable by its owner alone.
func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is not overwritten: remove it or name another file", path)
	}
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(path)
		return fmt.Errorf("write the file: %w", err)
	}
	return nil
}
