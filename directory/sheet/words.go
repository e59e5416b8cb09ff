package sheet

// phrases are all that a report can say, by code. No sentence repeats what stood in a cell.
var phrases = map[string]phrase{
	// Of a whole file.
	"empty_file":        {Warning, "The file has no rows.", "الملف خالٍ من الصفوف."},
	"unknown_file":      {Warning, "The file is none that an import knows; it was not read.", "الملف ليس من الملفات التي يعرفها الاستيراد، فلم يُقرأ."},
	"unreadable_file":   {Error, "The file cannot be read from here on.", "تعذّرت قراءة الملف ابتداءً من هنا."},
	"file_too_large":    {Error, "The file is larger than an import takes.", "الملف أكبر مما يقبله الاستيراد."},
	"archive_too_large": {Error, "The archive unpacks to more than an import takes.", "حجم الأرشيف بعد فكه أكبر مما يقبله الاستيراد."},
	"no_header":         {Error, "No line names the columns of this format.", "لا يوجد سطر يسمّي أعمدة هذه الصيغة."},
	"windows_1256":      {Warning, "The file is not UTF-8; it was read as Windows-1256.", "الملف ليس بترميز UTF-8، فقُرئ بترميز Windows-1256."},
	"unknown_column":    {Warning, "The column is not known; it was not read.", "العمود غير معروف، فلم يُقرأ."},
	"column_twice":      {Warning, "The column stands here twice; the first one counts.", "العمود مكرر، ويُعتمد الأول."},
	"too_many_rows":     {Error, "The file has more rows than an import takes.", "صفوف الملف أكثر مما يقبله الاستيراد."},
	"above_header":      {Warning, "The line stands above the header and was not read.", "السطر فوق الترويسة، فلم يُقرأ."},
	"json_not_a_record": {Error, "This is not a record of HSDS.", "هذا ليس سجلًا من سجلات HSDS."},

	// Of a row as it is written.
	"broken_quotes":  {Error, "A quotation mark is opened and not closed.", "علامة اقتباس فُتحت ولم تُغلق."},
	"row_too_long":   {Warning, "The row has more cells than the header; those beyond were not read.", "في الصف خلايا أكثر من الترويسة، فلم يُقرأ ما زاد."},
	"row_too_short":  {Warning, "The row has fewer cells than the header; the others count as empty.", "في الصف خلايا أقل من الترويسة، فتُعد الباقية فارغة."},
	"cell_too_long":  {Error, "A cell holds more than an import takes.", "تحتوي إحدى الخلايا على أكثر مما يقبله الاستيراد."},
	"bad_characters": {Warning, "Characters that no text may hold were taken out.", "حُذفت محارف لا يقبلها النص."},

	// Of a field.
	"required":         {Error, "A value is required here.", "القيمة مطلوبة هنا."},
	"as_of_missing":    {Warning, "Say as of when people are taken; without it this was left out.", "اذكر تاريخ حالة الاستقبال، فقد تُركت من دونه."},
	"not_a_number":     {Warning, "This is not a number; it was left out.", "هذه ليست رقمًا، فتُركت."},
	"not_whole":        {Warning, "This is not a whole number; it was left out.", "هذا ليس عددًا صحيحًا، فتُرك."},
	"not_a_date":       {Warning, "This is not a date that can be understood; it was left out.", "هذا ليس تاريخًا مفهومًا، فتُرك."},
	"not_a_time":       {Warning, "This is not a time of day that can be understood; it was left out.", "هذا ليس وقتًا مفهومًا، فتُرك."},
	"not_yes_or_no":    {Warning, "This is neither yes nor no; it was left out.", "القيمة ليست نعم ولا لا، فتُركت."},
	"unknown_value":    {Warning, "This is none of the values that are allowed here (%s); it was left out.", "القيمة ليست من القيم المقبولة هنا (%s)، فتُركت."},
	"unknown_status":   {Warning, "This status is not known; the record counts as inactive.", "الحالة غير معروفة، فيُعد السجل غير نشط."},
	"wrong_type":       {Warning, "The value has another type than HSDS gives it; it was left out.", "نوع القيمة مخالف لما يحدده HSDS، فتُركت."},
	"value_refused":    {Error, "%s", "%s"},
	"unknown_need":     {Warning, "This need is not known; the service was not classified by it.", "هذا الاحتياج غير معروف، فلم تُصنَّف الخدمة به."},
	"unknown_place":    {Warning, "This place or governorate is not known; it was left out.", "هذا التجمع أو المحافظة غير معروف، فتُرك."},
	"joined_ids":       {Error, "Several ids stand in one cell; this takes one.", "في الخلية عدة معرّفات، وهي تقبل معرّفًا واحدًا."},
	"other_language":   {Warning, "A name in one language only; it stands for the other too.", "الاسم بلغة واحدة فقط، فاستُخدم للغة الأخرى أيضًا."},
	"name_made_up":     {Warning, "The location has no name; it was given that of its address or its organization.", "الموقع بلا اسم، فأُعطي اسم عنوانه أو منظمته."},
	"ages_swapped":     {Warning, "The least age is above the greatest; both were left out.", "الحد الأدنى للعمر أكبر من الحد الأعلى، فتُرك كلاهما."},
	"number_too_large": {Warning, "The number is outside of what is possible; it was left out.", "الرقم خارج الممكن، فتُرك."},

	// Of where something lies.
	"no_coordinates":         {Warning, "Without coordinates the location is found by no distance.", "بلا إحداثيات لا يُعثر على الموقع بالمسافة."},
	"half_coordinates":       {Warning, "Latitude and longitude belong together; the one alone was left out.", "خط العرض وخط الطول متلازمان، فتُرك الوحيد منهما."},
	"coordinates_swapped":    {Warning, "Latitude and longitude look exchanged. They were not corrected but left out.", "يبدو أن خط العرض وخط الطول متبادلان. لم يُصحَّحا بل تُركا."},
	"coordinates_impossible": {Warning, "This is no point on the earth; the location counts as without coordinates.", "هذه ليست نقطة على الأرض، فيُعد الموقع بلا إحداثيات."},
	"coordinates_abroad":     {Warning, "The point does not lie in Palestine.", "النقطة لا تقع في فلسطين."},
	"far_from_places":        {Warning, "No known place is within 10 km of the point.", "لا يوجد تجمع معروف ضمن 10 كم من النقطة."},

	// Of how records hang together.
	"missing_id":         {Error, "The row has no id, and nothing from which one could be made.", "الصف بلا معرّف، ولا يوجد ما يُشتق منه معرّف."},
	"duplicate_id":       {Error, "Another row of this table has this id (line %d).", "لصف آخر في هذا الجدول المعرّف نفسه (السطر %d)."},
	"differs":            {Warning, "The record stands here in two ways (see line %d); the first one counts.", "السجل مذكور بصيغتين (انظر السطر %d)، وتُعتمد الأولى."},
	"dangling_reference": {Error, "It refers to a record that is neither in the files nor in the directory.", "يشير إلى سجل غير موجود لا في الملفات ولا في الدليل."},
	"dangling_left_out":  {Warning, "It refers to a record that is neither in the files nor in the directory; the reference was left out.", "يشير إلى سجل غير موجود لا في الملفات ولا في الدليل، فتُركت الإشارة."},
	"no_owner":           {Error, "The row does not say what it belongs to.", "الصف لا يذكر إلى ماذا ينتمي."},
	"owner_skipped":      {Error, "What the row belongs to was skipped.", "السجل الذي ينتمي إليه الصف استُبعد."},
	"no_organization":    {Error, "It is not known to which organization the record belongs.", "لا يُعرف إلى أي منظمة ينتمي السجل."},
	"not_representable":  {Warning, "Nothing here can hold this row.", "لا يوجد هنا ما يمكن أن يحمل هذا الصف."},

	// Of what stands in the directory already.
	"of_another_source":       {Error, "A record with this id came from another publisher.", "سجل بهذا المعرّف جاء من ناشر آخر."},
	"of_another_organization": {Error, "A record with this id belongs to another organization.", "سجل بهذا المعرّف يعود إلى منظمة أخرى."},
	"not_yours":               {Error, "You may import the records of your own organization only.", "لك أن تستورد سجلات منظمتك فقط."},
	"kept_by_directorate":     {Warning, "What the organization is and is called is changed by the associations directorate: ask it to change this. What is said of the organization was left out.", "صفة المنظمة واسمها وتسجيلها تغيّرها مديرية الجمعيات: اطلب منها تغييرها. وقد تُركت بيانات المنظمة."},
	"waits_for_officer":       {Warning, "What this changes in name, need, place or eligibility waits for an officer of the associations directorate; all else counts.", "ما يغيّره هذا الصف في الاسم أو الاحتياج أو المكان أو شروط الاستحقاق ينتظر قرار موظف مديرية الجمعيات، وما عدا ذلك نافذ."},
	"new_waits_for_officer":   {Warning, "This is new and stays inactive until an officer of the associations directorate approves it.", "هذا جديد، ويبقى غير نشط إلى أن يوافق عليه موظف مديرية الجمعيات."},
	"change_withdrawn":        {Warning, "A change of this waited for an officer. The file says what stands in the register, so the change was taken back.", "كان تعديل على هذا السجل ينتظر قرار الموظف. والملف يذكر ما هو في السجل حاليًا، فسُحب التعديل."},
	"ended_at_first":          {Error, "What has ended cannot be entered as new.", "لا يُدرج ما انتهى على أنه جديد."},
	"looks_like_another":      {Warning, "An organization of the directory has the same registration number, or the same name and place. Look whether it is the same.", "في الدليل منظمة بالرقم التسجيلي نفسه، أو بالاسم والمكان نفسيهما. تحقّق مما إذا كانت هي نفسها."},
	"gone":                    {Warning, "The record came from this publisher and is not in the files any more.", "جاء السجل من هذا الناشر ولم يعد في الملفات."},
	"ended":                   {Warning, "The record is not in the files any more and was ended.", "لم يعد السجل في الملفات فأُنهي."},
}
