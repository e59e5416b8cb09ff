// Command tahweel is the national referral network in one program: the service, its set-up and its demonstration.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"tahweel/internal/fault"
	"tahweel/internal/telemetry"
	"tahweel/policy"
)

// version is that of the product and of its contract.
const version = "0.3.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tahweel:", explain(err))
	}
	os.Exit(exitCode(err))
}

// explain is the error in words, with every field that a refusal names.
func explain(err error) string {
	text := strings.TrimSpace(err.Error())
	var refusal *fault.Error
	if errors.As(err, &refusal) {
		for _, f := range refusal.Fields {
			text += "\n  " + f.Pointer + ": " + f.Detail.EN
		}
	}
	return text
}

// errUsage marks a command line that cannot be understood.
var errUsage = errors.New("")

// exitCode is 0 if all went well, 2 for a wrong command line and 1 for everything else.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	default:
		return 1
	}
}

// commands is the command line.
type commands struct {
	LogLevel slog.Level `help:"Least important log lines to write: debug, info, warn or error." default:"info" env:"TAHWEEL_LOG_LEVEL" placeholder:"LEVEL"`

	Serve   serveCommand   `cmd:"" help:"Run the service."`
	Demo    demoCommand    `cmd:"" help:"Run the service with an invented demonstration, on a private database of its own."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the schema of this program."`
	Admin   struct {
		Create adminCreateCommand `cmd:"" help:"Create an administrator with a client of their own, and print its client_id."`
	} `cmd:"" help:"Manage administrators."`
	Client struct {
		Key   clientKeyCommand   `cmd:"" help:"Make a client's key: the private half in a file, the public half printed."`
		Token clientTokenCommand `cmd:"" help:"Get an access token from an installation."`
	} `cmd:"" help:"Act as a client."`
	Keys struct {
		List    keysListCommand    `cmd:"" help:"List the keys that sign access tokens."`
		Add     keysAddCommand     `cmd:"" help:"Make a key: published at once, it does not sign yet. Prints its id."`
		Promote keysPromoteCommand `cmd:"" help:"Have a key sign from now on; what the others have signed stays good."`
		Drop    keysDropCommand    `cmd:"" help:"Remove a key; what it has signed ends."`
	} `cmd:"" help:"Rotate the keys that sign access tokens. Running servers notice by themselves."`
	Import   importCommands  `cmd:"" help:"Bring files in."`
	Export   exportCommands  `cmd:"" help:"Write files."`
	Coverage coverageCommand `cmd:"" help:"Print where nobody near meets a need, as CSV or GeoJSON."`
	Doctor   doctorCommand   `cmd:"" help:"Look whether this installation is in order, and say what to do where it is not."`
	Backup   backupCommand   `cmd:"" help:"Write the database and its keys to two places."`
	Restore  restoreCommand  `cmd:"" help:"Restore a backup into an empty database and a data folder without keys."`
	Policy   struct {
		Explain policyExplainCommand `cmd:"" help:"Say whether and why a referral may be sent, in words."`
	} `cmd:"" help:"Ask about decisions."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// program is what every command may use of the world outside.
type program struct {
	stdout, stderr io.Writer
	log            *slog.Logger
	clock          func() time.Time
}

// say prints a line for the person at the terminal.
func (p *program) say(format string, args ...any) { fmt.Fprintf(p.stdout, format+"\n", args...) }

// run is the program. It returns when the command is done, or when ctx ends and everything it started has stopped.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	if err := policy.Load(); err != nil {
		return err
	}
	p := &program{stdout: stdout, stderr: stderr, clock: time.Now}
	exited := false
	line := &commands{}
	parser, err := kong.New(line,
		kong.Name("tahweel"), kong.Description("Tahweel (تحويل), the national referral network."),
		kong.Writers(stdout, stderr), kong.Exit(func(int) { exited = true }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p),
		kong.Vars{"data_folder": dataFolder(getenv), "address": address, "public_url": "http://" + address},
		kong.NamedMapper("path", kong.MapperFunc(pathFlag)), environment(getenv))
	if err != nil {
		return fmt.Errorf("build the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if exited { // help was asked for and printed
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (tahweel --help lists the commands)%w", err, errUsage)
	}
	p.log = telemetry.NewLogger(stderr, line.LogLevel)
	if err = parsed.Run(); ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errors.New("told to stop before it was done")
	}
	return err
}

// environment has flags with an env tag take their value from getenv, and not from the process's own environment as kong does.
func environment(getenv func(string) string) kong.Option {
	return kong.PostBuild(func(k *kong.Kong) error {
		names := map[*kong.Value][]string{}
		err := kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
			if flag, ok := node.(*kong.Flag); ok && len(flag.Tag.Envs) > 0 {
				names[flag.Value], flag.Tag.Envs = flag.Tag.Envs, nil
				flag.Help += " ($" + names[flag.Value][0] + ")"
			}
			return next(nil)
		})
		if err != nil {
			return err
		}
		return kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			for _, name := range names[flag.Value] {
				if value := getenv(name); value != "" {
					return value, nil
				}
			}
			return nil, nil
		})).Apply(k)
	})
}

// pathFlag takes the value of a flag that names a file or a folder. An empty one, such as that of a variable that is not set, is
// refused: it would otherwise be the working folder.
func pathFlag(ctx *kong.DecodeContext, target reflect.Value) error {
	var path string
	if err := ctx.Scan.PopValueInto("path", &path); err != nil {
		return err
	}
	if path == "" {
		return errors.New("must name a file or a folder")
	}
	target.SetString(kong.ExpandPath(path))
	return nil
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(p *program) error {
	_, err := fmt.Fprintln(p.stdout, "tahweel", version)
	return err
}
