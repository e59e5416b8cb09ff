package secretfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestUpdateMakesAPrivateFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	if _, err := Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Read of nothing = %v, want fs.ErrNotExist", err)
	}
	if _, err := Update(path, func([]byte) ([]byte, error) { return []byte("one"), nil }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if got, err := Read(path); err != nil || string(got) != "one" {
		t.Fatalf("Read = %q, %v", got, err)
	}
}

func TestReadRefusesWhatOthersMayUse(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o601, 0o666, 0o777} {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte("keys"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path)
		var open *OpenToOthersError
		if !errors.As(err, &open) || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: %v, want a sentence with chmod 600", mode, err)
		}
		// Control: the mode is all that is wrong with it.
		if plain, err := os.ReadFile(path); err != nil || string(plain) != "keys" {
			t.Errorf("mode %o: unchecked read = %q, %v", mode, plain, err)
		}
		if _, err := Update(path, func([]byte) ([]byte, error) { return []byte("x"), nil }); !errors.As(err, &open) {
			t.Errorf("mode %o: Update = %v, want the same refusal", mode, err)
		}
		if err := Write(path, []byte("new")); err != nil {
			t.Errorf("mode %o: Write = %v", mode, err)
		}
		if got, err := Read(path); err != nil || string(got) != "new" {
			t.Errorf("mode %o: after Write: %q, %v", mode, got, err)
		}
	}
}

func TestReadRefusesAFolderAndAnOversizedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Read(dir); err == nil {
		t.Error("a folder was read as a secret")
	}
	path := filepath.Join(dir, "large")
	if err := os.WriteFile(path, make([]byte, maxBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("an oversized file was read as a secret")
	}
}

// updateInPlace is the control: no lock, no temporary file. The pauses stand where a scheduler or a crash may strike.
func updateInPlace(path string, change func([]byte) ([]byte, error), beforeWrite, midWrite func()) error {
	old, _ := os.ReadFile(path)
	data, err := change(old)
	if err != nil {
		return err
	}
	beforeWrite()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data[:len(data)/2])
	midWrite()
	_, err2 := f.Write(data[len(data)/2:])
	return errors.Join(err, err2, f.Close())
}

func TestStartersAtOnceAgree(t *testing.T) {
	t.Parallel()
	const starters = 16
	create := func(mine byte) func([]byte) ([]byte, error) {
		return func(old []byte) ([]byte, error) {
			if old != nil {
				return old, nil
			}
			return bytes.Repeat([]byte{mine}, 64), nil
		}
	}
	path := filepath.Join(t.TempDir(), "secret")
	got := make([][]byte, starters)
	var wg sync.WaitGroup
	for i := range starters {
		wg.Go(func() {
			var err error
			if got[i], err = Update(path, create(byte('a'+i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	onDisk, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if !bytes.Equal(got[i], onDisk) {
			t.Errorf("starter %d holds %.4s, the file %.4s", i, got[i], onDisk)
		}
	}

	// Control: in place, two that both found nothing each keep a secret of their own.
	path = filepath.Join(t.TempDir(), "secret")
	var made [2][]byte
	var bothLooked sync.WaitGroup
	bothLooked.Add(2)
	for i := range made {
		wg.Go(func() {
			change := func(old []byte) ([]byte, error) {
				data, err := create(byte('a' + i))(old)
				made[i] = data
				return data, err
			}
			if err := updateInPlace(path, change, func() { bothLooked.Done(); bothLooked.Wait() }, func() {}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if bytes.Equal(made[0], made[1]) {
		t.Error("the control agreed: this test proves nothing")
	}
}

func TestAReaderNeverSeesHalf(t *testing.T) {
	t.Parallel()
	whole := func(data []byte) bool {
		return len(data) == 4096 && bytes.Count(data, data[:1]) == len(data)
	}
	path := filepath.Join(t.TempDir(), "secret")
	if err := Write(path, bytes.Repeat([]byte{'0'}, 4096)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			if err := Write(path, bytes.Repeat([]byte{byte('a' + i%26)}, 4096)); err != nil {
				t.Error(err)
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if data, err := Read(path); err != nil || !whole(data) {
			t.Fatalf("half a secret of %d bytes, %v", len(data), err)
		}
	}
	// Control: written in place, half a secret is there to be seen.
	sawHalf := false
	next := func([]byte) ([]byte, error) { return bytes.Repeat([]byte{'z'}, 4096), nil }
	err := updateInPlace(path, next, func() {}, func() {
		data, err := Read(path)
		sawHalf = err == nil && !whole(data)
	})
	if err != nil || !sawHalf {
		t.Errorf("the control showed no half (%v): this test proves nothing", err)
	}
}

func TestACrashLeavesNothingThatHurts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path+".new", []byte("ha"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("whole")); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path); err != nil || string(got) != "whole" {
		t.Fatalf("Read = %q, %v", got, err)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the temporary file is still there")
	}
}

func TestAnUnwillingChangeWritesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	if err := Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	unwilling := errors.New("unwilling")
	if _, err := Update(path, func([]byte) ([]byte, error) { return nil, unwilling }); !errors.Is(err, unwilling) {
		t.Errorf("Update = %v, want what change said", err)
	}
	if _, err := Update(path, func(old []byte) ([]byte, error) { return old, nil }); err != nil {
		t.Error(err)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced though nothing changed (%v)", err)
	}
	// Control: a change does replace it.
	if _, err := Update(path, func([]byte) ([]byte, error) { return []byte("new"), nil }); err != nil {
		t.Fatal(err)
	}
	if after, err = os.Stat(path); err != nil || os.SameFile(before, after) {
		t.Errorf("the file was not replaced by a change (%v)", err)
	}
}

// TestAKilledWriter kills processes that do nothing but replace the secret, and looks at what they leave.
func TestAKilledWriter(t *testing.T) {
	t.Parallel()
	if path := os.Getenv("SECRETFILE_WRITE_FOREVER"); path != "" {
		for i := 0; ; i++ {
			if err := Write(path, bytes.Repeat([]byte{byte('a' + i%26)}, 64<<10)); err != nil {
				os.Exit(1)
			}
			if i == 0 {
				_, _ = os.Stdout.WriteString("writing\n")
			}
		}
	}
	path := filepath.Join(t.TempDir(), "secret")
	for range 5 {
		child := exec.Command(os.Args[0], "-test.run=^TestAKilledWriter$")
		child.Env = append(os.Environ(), "SECRETFILE_WRITE_FOREVER="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		data, err := Read(path)
		if err != nil || len(data) != 64<<10 || bytes.Count(data, data[:1]) != len(data) {
			t.Fatalf("after a kill: %d bytes, %v", len(data), err)
		}
		if err := Write(path, data); err != nil {
			t.Fatalf("the dead writer still holds the lock: %v", err)
		}
	}
}
