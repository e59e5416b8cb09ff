package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/sheet"
)

// Files of the catalogue, in and out. Both take longer than a request may: they are asked for with one, and looked after with others.

// maxUpload is the largest file that an import takes.
const maxUpload = 20 << 20

// FileCount says how many rows of a file were read and what became of them.
type FileCount struct {
	File      string `json:"file"`
	Sheet     string `json:"sheet,omitempty" doc:"Of a workbook."`
	Read      int    `json:"read" doc:"The sum of the others."`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Unchanged int    `json:"unchanged"`
	Skipped   int    `json:"skipped"`
}

// Import is the state of an import.
type Import struct {
	ID         uuid.UUID   `json:"id"`
	Status     string      `json:"status" enum:"queued,running,done,failed"`
	Mode       string      `json:"mode" enum:"dry_run,apply" doc:"dry_run: nothing is written, and the report says what would be."`
	Format     string      `json:"format" enum:"csv,xlsx,hsds-json,hsds-package"`
	Source     string      `json:"source" doc:"The publisher."`
	FileName   string      `json:"file_name"`
	RowsRead   int         `json:"rows_read" doc:"So far."`
	Files      []FileCount `json:"files,omitempty" doc:"Once it is done."`
	Reason     string      `json:"reason,omitempty" doc:"Why it failed, as a code. Nothing was written then."`
	Version    int         `json:"version"`
	CreatedAt  time.Time   `json:"created_at"`
	StartedAt  *time.Time  `json:"started_at,omitempty"`
	FinishedAt *time.Time  `json:"finished_at,omitempty"`
}

// ImportFinding is one line of the report of an import.
type ImportFinding struct {
	Position        int        `json:"position"`
	File            string     `json:"file,omitempty"`
	Sheet           string     `json:"sheet,omitempty"`
	Line            int        `json:"line,omitempty" doc:"Of a table, with the header as line 1 unless something stands above it; of JSON the number of the record. Absent: the whole file."`
	Column          string     `json:"column,omitempty" doc:"Of a table, or a pointer into a JSON record."`
	Severity        string     `json:"severity" enum:"error,warning" doc:"A row with an error was skipped; of one with a warning all was taken but what the finding names."`
	Code            string     `json:"code"`
	Detail          Text       `json:"detail"`
	ChangeRequestID *uuid.UUID `json:"change_request_id,omitempty" format:"uuid" doc:"What waits for an officer by this row, of what an organization imports of its own."`
}

// ImportRow is one row of an import and what became of it.
type ImportRow struct {
	Position int    `json:"position"`
	File     string `json:"file,omitempty"`
	Sheet    string `json:"sheet,omitempty"`
	Line     int    `json:"line,omitempty"`
	Outcome  string `json:"outcome" enum:"created,updated,unchanged,skipped" doc:"In a dry run, what would become of it."`
}

// ImportReport is a page of findings, or of rows.
type ImportReport struct {
	Items      []ImportFinding `json:"items"`
	Rows       []ImportRow     `json:"rows,omitempty" doc:"With outcomes: every row, in the order of the files. items is empty then."`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// Export is the state of an export.
type Export struct {
	ID         uuid.UUID  `json:"id"`
	Status     string     `json:"status" enum:"queued,running,done,failed"`
	Format     string     `json:"format" enum:"csv,xlsx,hsds-json,hsds-package"`
	Reason     string     `json:"reason,omitempty" doc:"Why it failed, as a code."`
	Version    int        `json:"version"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

// ExportFields say what is to be written.
type ExportFields struct {
	Format string `json:"format" enum:"csv,xlsx,hsds-json,hsds-package" doc:"csv and xlsx are the template that an import takes."`
}

type importInput struct {
	Keyed
	Source     string `query:"source" required:"true" minLength:"1" maxLength:"100" example:"model-society" doc:"The publisher, by a name that stays: its records are told apart by it."`
	Mode       string `query:"mode" enum:"dry_run,apply" default:"dry_run" doc:"Try it first."`
	Format     string `query:"format" enum:"csv,xlsx,hsds-json,hsds-package" doc:"Without it the file itself shows."`
	Kind       string `query:"kind" enum:"association,zakat_committee,municipality,ministry_unit,public_body,un_agency,private" default:"association" doc:"Of organizations whose file does not say it."`
	EndMissing bool   `query:"end_missing" doc:"End what came from this publisher before and is not in the file any more."`
	FileName   string `query:"file_name" maxLength:"200" doc:"For the report."`
	RawBody    []byte `contentType:"application/octet-stream"`
}

// ImportList is a page of imports.
type ImportList struct {
	Items      []Import `json:"items"`
	NextCursor string   `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type importsInput struct {
	Paged
	Status string `query:"status" enum:"queued,running,done,failed" doc:"Only those of this status."`
}

type findingsInput struct {
	Paged
	ID       uuid.UUID `path:"id" format:"uuid" doc:"Of the import."`
	Outcomes bool      `query:"outcomes" doc:"Instead of what was found, every row with what became of it."`
}

// content is a file as an answer.
type content struct {
	Type        string `header:"Content-Type" hidden:"true"`
	Disposition string `header:"Content-Disposition" doc:"The name of the file."`
	Body        []byte
}

func importOf(t sheet.Task) Import {
	out := Import{
		ID: t.ID, Status: t.Status, Mode: "dry_run", Format: string(t.Format), Source: t.Source, FileName: t.FileName, RowsRead: t.RowsRead,
		Reason: t.ErrorCode, Version: t.Version, CreatedAt: utc(t.CreatedAt), StartedAt: utcOrNone(t.StartedAt), FinishedAt: utcOrNone(t.FinishedAt),
	}
	if t.Apply {
		out.Mode = "apply"
	}
	for _, c := range t.Counts {
		out.Files = append(out.Files, FileCount(c))
	}
	return out
}

func utcOrNone(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := utc(*t)
	return &u
}

func exportOf(t sheet.Task) Export {
	return Export{ID: t.ID, Status: t.Status, Format: string(t.Format), Reason: t.ErrorCode, Version: t.Version, CreatedAt: utc(t.CreatedAt), FinishedAt: utcOrNone(t.FinishedAt)}
}

func (s *shell) imports(store *sheet.Store) {
	const tag, path = "files", "/v1/imports"
	register(s, operation{
		id: "create-import", method: http.MethodPost, path: path, tag: tag, scope: "directory.write", status: http.StatusAccepted, errors: []int{408, 413, 415}, upload: exampleUpload,
		summary: "Hand in a file of the catalogue",
		description: "CSV or Excel in the template, HSDS JSON, or an HSDS tabular package as an archive; at most 20 MiB. It is carried out in a moment: ask at the address in Location. " +
			"For the associations directorate, and in the template for an organization's focal point, whose own catalogue it then is.",
		response: exampleImport,
	}, func(ctx context.Context, in *importInput) (*entity[Import], error) {
		task, replayed, err := store.SubmitImport(ctx, actorOf(ctx), sheet.Task{
			Source: in.Source, Apply: in.Mode == "apply", Format: sheet.Format(in.Format), Kind: directory.OrganizationKind(in.Kind), EndMissing: in.EndMissing, FileName: in.FileName,
		}, in.RawBody, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusAccepted, task.Version, importOf(task), replayed)
		return located(e, path+"/"+task.ID.String()), err
	})
	register(s, operation{
		id: "get-import", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "How far an import is", description: "And once it is done, what became of the rows of each file.", response: exampleImport,
	}, func(ctx context.Context, in *idInput) (*entity[Import], error) {
		task, err := store.Task(ctx, actorOf(ctx), in.ID, false)
		if err != nil {
			return nil, err
		}
		return newEntity(task.Version, importOf(task), in.Conditional)
	})
	register(s, operation{
		id: "list-imports", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List imports", description: "The newest first. All for the associations directorate, its own for an organization's focal point.",
		response: ImportList{Items: []Import{exampleImport}},
	}, func(ctx context.Context, in *importsInput) (*page[ImportList], error) {
		filters := []string{"imports", in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Imports(ctx, actorOf(ctx), sheet.TaskFilter{Status: in.Status, After: after, Limit: in.Limit + 1})
		if err != nil {
			return nil, err
		}
		var list ImportList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(t sheet.Task) uuid.UUID { return t.ID }, importOf)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "list-import-rows", method: http.MethodGet, path: path + "/{id}/rows", tag: tag, scope: "directory.read",
		summary: "What an import found, row by row", description: "In the order of the file. A row about which there is nothing to say does not stand here, unless outcomes asks for every row with what became of it. " +
			"At most ten thousand findings are listed; more_findings says at the end how many more there are of a code.",
		response: ImportReport{Items: []ImportFinding{exampleFinding}},
	}, func(ctx context.Context, in *findingsInput) (*page[ImportReport], error) {
		filters := []string{"import-rows", in.ID.String()}
		if in.Outcomes {
			filters = append(filters, "outcomes")
		}
		after := 0
		if _, err := openCursor(in.Cursor, &after, filters); err != nil {
			return nil, err
		}
		if in.Outcomes {
			list, err := outcomesAfter(ctx, store, in, after, filters)
			return newPage(ctx, list, list.NextCursor), err
		}
		found, err := store.Findings(ctx, actorOf(ctx), in.ID, after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		var next *int
		if len(found) > in.Limit {
			found = found[:in.Limit]
			next = &found[in.Limit-1].Position
		}
		list := ImportReport{Items: []ImportFinding{}}
		for _, f := range found {
			list.Items = append(list.Items, ImportFinding{
				Position: f.Position, File: f.File, Sheet: f.Sheet, Line: f.Line, Column: f.Column, Severity: string(f.Severity), Code: f.Code, Detail: textOf(f.Sentence),
				ChangeRequestID: idOrNil(f.ChangeRequest),
			})
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	s.exports(store)
}

// outcomesAfter is a page of the rows of an import.
func outcomesAfter(ctx context.Context, store *sheet.Store, in *findingsInput, after int, filters []string) (ImportReport, error) {
	rows, err := store.Rows(ctx, actorOf(ctx), in.ID, after, in.Limit+1)
	if err != nil {
		return ImportReport{}, err
	}
	var next *int
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		next = &rows[in.Limit-1].Position
	}
	list := ImportReport{Items: []ImportFinding{}}
	for _, r := range rows {
		list.Rows = append(list.Rows, ImportRow{Position: r.Position, File: r.File, Sheet: r.Sheet, Line: r.Line, Outcome: string(r.Outcome)})
	}
	list.NextCursor, err = nextCursor(next, filters)
	return list, err
}

func (s *shell) exports(store *sheet.Store) {
	const tag, path = "files", "/v1/exports"
	register(s, operation{
		id: "create-export", method: http.MethodPost, path: path, tag: tag, scope: "directory.read", status: http.StatusAccepted,
		summary: "Ask for the catalogue as a file", description: "For the associations directorate, and for an organization's focal point, whose own catalogue it then is. Its headings are in the language of Accept-Language. It is written in a moment: ask at the address in Location.",
		request: ExportFields{Format: "csv"}, response: exampleExport,
	}, func(ctx context.Context, in *createInput[ExportFields]) (*entity[Export], error) {
		task, replayed, err := store.SubmitExport(ctx, actorOf(ctx), sheet.Format(in.Body.Format), exchangeOf(ctx).lang, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusAccepted, task.Version, exportOf(task), replayed)
		return located(e, path+"/"+task.ID.String()), err
	})
	register(s, operation{
		id: "get-export", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "How far an export is", description: "Once it is done, get-export-file has the file.", response: exampleExport,
	}, func(ctx context.Context, in *idInput) (*entity[Export], error) {
		task, err := store.Task(ctx, actorOf(ctx), in.ID, true)
		if err != nil {
			return nil, err
		}
		return newEntity(task.Version, exportOf(task), in.Conditional)
	})
	register(s, operation{
		id: "get-export-file", method: http.MethodGet, path: path + "/{id}/file", tag: tag, scope: "directory.read", media: fileType,
		summary: "The file of an export", description: "404 until the export is done. No cell of it is a formula.",
	}, func(ctx context.Context, in *struct {
		ID uuid.UUID `path:"id" format:"uuid" doc:"Of the export."`
	}) (*content, error) {
		task, file, err := store.Result(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		ending := map[sheet.Format]string{sheet.CSV: "csv", sheet.Excel: "xlsx", sheet.HSDSJSON: "json", sheet.HSDSPackage: "zip"}[task.Format]
		return &content{Type: "application/octet-stream", Disposition: "attachment; filename=" + strconv.Quote("directory."+ending), Body: file}, nil
	})
}

const exampleUpload = "organization_name_ar,organization_name_en,service_name_ar,service_name_en,needs,place\n" +
	"جمعية نموذجية للتأهيل,Model Rehabilitation Society,علاج طبيعي,Physiotherapy,DIS-PHYSIO,يطا\n,,بلا جمعية,,,\n"

var (
	exampleImport = Import{
		ID: uuid.MustParse("0198c0de-6666-7000-8000-000000000001"), Status: "done", Mode: "dry_run", Format: "csv", Source: "model-society", FileName: "services.csv",
		RowsRead: 2, Files: []FileCount{{File: "services.csv", Read: 2, Created: 1, Skipped: 1}}, Version: 3, CreatedAt: exampleTime, StartedAt: &exampleTime, FinishedAt: &exampleTime,
	}
	exampleFinding = ImportFinding{
		Position: 1, File: "services.csv", Line: 3, Column: "organization_name_ar", Severity: "error", Code: "required",
		Detail: Text{AR: "القيمة مطلوبة هنا.", EN: "A value is required here."},
	}
	exampleExport = Export{ID: uuid.MustParse("0198c0de-6666-7000-8000-000000000002"), Status: "done", Format: "csv", Version: 3, CreatedAt: exampleTime, FinishedAt: &exampleTime}
)
