package sealed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keysetFormat is the version of the file. A reader refuses a version it does not know.
const keysetFormat = 1

// file is the keyset as stored: Tink keysets in their binary form, one for wrapping and one for each blind index.
type file struct {
	Format   int               `json:"format"`
	Wrapping []byte            `json:"wrapping"`
	Indexes  map[string][]byte `json:"indexes"`
}

// keys are the handles of a file and, after build, what computes with them.
type keys struct {
	wrappingHandle *keyset.Handle
	indexHandles   map[string]*keyset.Handle
	changed        bool // since it was parsed

	wrapping tink.AEAD
	indexes  map[string]*prf.Set
}

// parse reads the content of a keyset file; nil content gives no keys at all.
func parse(content []byte) (*keys, error) {
	k := &keys{indexHandles: map[string]*keyset.Handle{}}
	if content == nil {
		return k, nil
	}
	var stored file
	if err := json.Unmarshal(content, &stored); err != nil {
		return nil, errors.New("this is not a keyset, or it is damaged; restore it from its backup")
	}
	if stored.Format != keysetFormat {
		return nil, fmt.Errorf("keyset format %d is not known to this version, which reads format %d", stored.Format, keysetFormat)
	}
	var err error
	if k.wrappingHandle, err = readHandle(stored.Wrapping); err != nil {
		return nil, err
	}
	for name, material := range stored.Indexes {
		if k.indexHandles[name], err = readHandle(material); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *keys) marshal() ([]byte, error) {
	stored := file{Format: keysetFormat, Indexes: map[string][]byte{}}
	var err error
	if stored.Wrapping, err = writeHandle(k.wrappingHandle); err != nil {
		return nil, err
	}
	for name, handle := range k.indexHandles {
		if stored.Indexes[name], err = writeHandle(handle); err != nil {
			return nil, err
		}
	}
	content, err := json.MarshalIndent(stored, "", "  ")
	return append(content, '\n'), err
}

// complete adds the keys that are missing: all at first start, later those of new indexes.
func (k *keys) complete() error {
	if k.wrappingHandle == nil {
		if err := k.rotate(); err != nil {
			return err
		}
	}
	for _, index := range indexes {
		if k.indexHandles[string(index)] != nil {
			continue
		}
		handle, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
		if err != nil {
			return fmt.Errorf("make the key of index %s: %w", index, err)
		}
		k.indexHandles[string(index)] = handle
		k.changed = true
	}
	return nil
}

// rotate adds a wrapping key and makes it the one that wraps.
func (k *keys) rotate() error {
	manager := keyset.NewManager()
	if k.wrappingHandle != nil {
		manager = keyset.NewManagerFromHandle(k.wrappingHandle)
	}
	id, err := manager.Add(aead.AES256GCMSIVKeyTemplate())
	if err != nil {
		return fmt.Errorf("make a wrapping key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return fmt.Errorf("make a wrapping key: %w", err)
	}
	if k.wrappingHandle, err = manager.Handle(); err != nil {
		return fmt.Errorf("make a wrapping key: %w", err)
	}
	k.changed = true
	return nil
}

// build prepares what computes with the keys.
func (k *keys) build() error {
	var err error
	if k.wrapping, err = aead.New(k.wrappingHandle); err != nil {
		return fmt.Errorf("wrapping keys: %w", err)
	}
	k.indexes = make(map[string]*prf.Set, len(k.indexHandles))
	for name, handle := range k.indexHandles {
		if k.indexes[name], err = prf.NewPRFSet(handle); err != nil {
			return fmt.Errorf("index key %s: %w", name, err)
		}
	}
	return nil
}

// readHandle and writeHandle store key material in clear, because the file is the root of all keys; its mode protects it.
func readHandle(material []byte) (*keyset.Handle, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(material)))
	if err != nil {
		return nil, errors.New("a key of this keyset is damaged; restore it from its backup")
	}
	return handle, nil
}

func writeHandle(handle *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&b))
	return b.Bytes(), err
}
