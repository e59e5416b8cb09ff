package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Format is a form in which a catalogue is written.
type Format string

// The formats of files. Auto looks at the file itself.
const (
	Auto        Format = ""
	CSV         Format = "csv"          // our template
	Excel       Format = "xlsx"         // our template
	HSDSJSON    Format = "hsds-json"    // a record, a list of them, a page of an API, or one record a line
	HSDSPackage Format = "hsds-package" // a folder or archive of tables
)

// Formats are all that can be asked for.
var Formats = []Format{CSV, Excel, HSDSJSON, HSDSPackage}

// Limits bound what a file may cost. They are of what is unpacked, for an archive says of itself what it likes.
type Limits struct {
	Bytes int64 // of all files together, unpacked
	Rows  int
}

// The limits of what comes over the API and of what an operator reads from a disk.
var (
	UploadLimits  = Limits{Bytes: 256 << 20, Rows: 200_000}
	CommandLimits = Limits{Bytes: 4 << 30, Rows: 2_000_000}
)

const mostFiles = 500 // in an archive or folder

// file is one file to be read; open may be called more than once.
type file struct {
	name string
	open func() (io.ReadCloser, error)
}

// Input is what an import reads: a file, or a folder or archive with several.
type Input struct {
	Name   string
	Format Format
	files  []file
}

var (
	errTooLarge = errors.New("sheet: larger than the limit")
	errUnknown  = errors.New("sheet: the file is of no known format")
)

// ErrUnknownFormat says that a file is none of the formats.
var ErrUnknownFormat = errUnknown

// OpenPath opens a file or folder of the machine. It fails with ErrUnknownFormat for what is none of the formats.
func OpenPath(name string, format Format) (Input, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Input{}, err
	}
	if info.IsDir() {
		files, err := filesOf(os.DirFS(name))
		return Input{Name: filepath.Base(name), Format: HSDSPackage, files: files}, err
	}
	f, err := os.Open(name)
	if err != nil {
		return Input{}, err
	}
	defer func() { _ = f.Close() }()
	return open(filepath.Base(name), format, func() (readerAt, error) { return os.Open(name) }, info.Size())
}

// OpenBytes opens a file that is held in memory.
func OpenBytes(name string, format Format, content []byte) (Input, error) {
	return open(name, format, func() (readerAt, error) { return held{bytes.NewReader(content)}, nil }, int64(len(content)))
}

type readerAt interface {
	io.ReadCloser
	io.ReaderAt
}

type held struct{ *bytes.Reader }

func (held) Close() error { return nil }

func open(name string, format Format, opener func() (readerAt, error), size int64) (Input, error) {
	head, err := headOf(opener)
	if err != nil {
		return Input{}, err
	}
	if format == Auto {
		format = sniff(name, head)
	}
	name = entryName(name)
	in := Input{Name: name, Format: format}
	switch {
	case format == HSDSPackage && bytes.HasPrefix(head, zipMark):
		in.files, err = archived(opener, size)
		if err == nil && slices.ContainsFunc(in.files, func(f file) bool { return f.name == "[Content_Types].xml" }) {
			in.Format = Excel
			in.files = []file{{name: name, open: func() (io.ReadCloser, error) { return opener() }}}
		}
		return in, err
	case !slices.Contains(Formats, format):
		return Input{}, errUnknown
	}
	in.files = []file{{name: name, open: func() (io.ReadCloser, error) { return opener() }}}
	return in, nil
}

var zipMark = []byte("PK\x03\x04")

func headOf(opener func() (readerAt, error)) ([]byte, error) {
	f, err := opener()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return head[:n], err
}

// sniff tells the format by the name and by how the file begins.
func sniff(name string, head []byte) Format {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, bomUTF8), " \t\r\n")
	base := strings.ToLower(path.Base(name))
	switch {
	case bytes.HasPrefix(head, zipMark):
		return HSDSPackage // or a workbook, as its contents will show
	case looksLikeJSON(head):
		return HSDSJSON
	case strings.HasSuffix(base, ".json"), strings.HasSuffix(base, ".ndjson"), strings.HasSuffix(base, ".jsonl"):
		return HSDSJSON
	case strings.HasSuffix(base, ".csv"), strings.HasSuffix(base, ".tsv"), strings.HasSuffix(base, ".txt"), len(trimmed) > 0:
		if tableOfFile(base) != nil {
			return HSDSPackage // one table of it alone
		}
		return CSV
	}
	return CSV
}

func filesOf(tree fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		if len(files) == mostFiles {
			return errTooLarge
		}
		files = append(files, file{name: entryName(name), open: func() (io.ReadCloser, error) { return tree.Open(name) }})
		return nil
	})
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, err
}

// entryName is the name of a file as the report can hold it. Archives of older Windows do not say in which code page their names are;
// Arabic ones there are Windows-1256, as the text of such files is.
func entryName(name string) string {
	if !utf8.ValidString(name) {
		if decoded, err := charmap.Windows1256.NewDecoder().String(name); err == nil {
			name = decoded
		}
	}
	name, _ = storable(name)
	return name
}

// archived lists the files of an archive. Each opens the archive anew, so that nothing stays open between them.
func archived(opener func() (readerAt, error), size int64) ([]file, error) {
	f, err := opener()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, errors.Join(errUnknown, err)
	}
	var files []file
	for i, entry := range z.File {
		if entry.FileInfo().IsDir() || strings.HasPrefix(path.Base(entry.Name), ".") || strings.HasPrefix(entry.Name, "__MACOSX/") {
			continue
		}
		if len(files) == mostFiles {
			return nil, errTooLarge
		}
		files = append(files, file{name: entryName(entry.Name), open: func() (io.ReadCloser, error) { return unpack(opener, size, i) }})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

func unpack(opener func() (readerAt, error), size int64, i int) (io.ReadCloser, error) {
	f, err := opener()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, err := z.File[i].Open()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{r, closers{r, f}}, nil
}

type closers []io.Closer

func (c closers) Close() error {
	var err error
	for _, closer := range c {
		err = errors.Join(err, closer.Close())
	}
	return err
}

// budget is what is left of Limits.Bytes; every reader of an import draws on one.
type budget struct{ left int64 }

// limit reads from r until the budget is spent, and then fails with errTooLarge.
func (b *budget) limit(r io.Reader) io.Reader { return &limited{r: r, budget: b} }

type limited struct {
	r      io.Reader
	budget *budget
}

func (l *limited) Read(p []byte) (int, error) {
	if l.budget.left <= 0 {
		return 0, errTooLarge
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.budget.left)])
	l.budget.left -= int64(n)
	return n, err
}
