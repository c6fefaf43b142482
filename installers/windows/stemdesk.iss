; The Windows installer, for Inno Setup 6.3 or newer:
;
;   python installers\freeze.py
;   python -m installers.windows.prepare build\windows
;   iscc /DVersion=0.1.0 installers\windows\stemdesk.iss
;
; For one person, without an administrator. Not run here (no Windows): written and read line by line
; against Inno Setup's documentation; the release workflow runs it.
;
; To sign: iscc "/Ssign=$qC:\path\signtool.exe$q sign … $f" /DSign …

#ifndef Version
  #error Say which version: iscc /DVersion=1.2.3
#endif
#define Root AddBackslash(SourcePath) + "..\.."
#define Frozen Root + "\build\freeze\dist\StemDesk"
#define Prepared Root + "\build\windows"

[Setup]
; Never to be changed: by it Windows knows that a newer StemDesk is an upgrade.
AppId={{5AF50992-4D02-4274-B7F9-2B5B1A82731F}
AppName=StemDesk
AppVersion={#Version}
AppVerName=StemDesk {#Version}
AppPublisher=The StemDesk developers
VersionInfoProductTextVersion={#Version}
UninstallDisplayName=StemDesk
UninstallDisplayIcon={app}\stemdesk-window.exe
; No administrator: {autopf} is the person's own folder of programs, HKCU their registry.
PrivilegesRequired=lowest
DefaultDirName={autopf}\StemDesk
DisableProgramGroupPage=yes
DisableDirPage=auto
UsePreviousAppDir=yes
; torch has 64-bit builds only; on ARM Windows 11 runs them.
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
; A running StemDesk is asked to close, so that its files can be replaced. It does not register with
; Windows to be started again; the last page offers to open it.
CloseApplications=yes
CloseApplicationsFilter=*.exe,*.dll,*.pyd
RestartApplications=no
ChangesAssociations=yes
ChangesEnvironment=yes
OutputDir={#Root}\dist
OutputBaseFilename=StemDesk-{#Version}-windows-x64
SetupIconFile={#Prepared}\stemdesk.ico
WizardStyle=modern
Compression=lzma2/max
SolidCompression=yes
LZMANumBlockThreads=2
#ifdef Sign
SignTool=sign
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[CustomMessages]
en.Associations=Offer StemDesk in “Open with” for songs and videos
de.Associations=StemDesk bei Liedern und Videos unter „Öffnen mit“ anbieten
en.OnPath=Let terminals find the command “stemdesk”
de.OnPath=Den Befehl „stemdesk“ in Terminals verfügbar machen
en.Running=StemDesk is open. Please close it, then go on.
de.Running=StemDesk ist geöffnet. Bitte schließen Sie es und machen Sie dann weiter.
en.RemoveData=Also remove StemDesk's own data: its list of songs, working files, models, settings and logs?%n%nYour stems and songs stay.
de.RemoveData=Auch StemDesks eigene Daten entfernen: die Liste der Lieder, Arbeitsdateien, Modelle, Einstellungen und Protokolle?%n%nIhre Stems und Lieder bleiben.
en.RemoveStems=Also delete all stems in this folder, and everything else in it?%n%n%1%n%nThis cannot be undone.
de.RemoveStems=Auch alle Stems in diesem Ordner löschen, mit allem anderen darin?%n%n%1%n%nDas lässt sich nicht rückgängig machen.

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked
Name: "associations"; Description: "{cm:Associations}"
Name: "onpath"; Description: "{cm:OnPath}"; Flags: unchecked

[InstallDelete]
; An upgrade: no module of the older version may be found by the newer one. Only our own folder.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Frozen}\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{autoprograms}\StemDesk"; Filename: "{app}\stemdesk-window.exe"
Name: "{autodesktop}\StemDesk"; Filename: "{app}\stemdesk-window.exe"; Tasks: desktopicon

#include Prepared + "\associations.iss"

[Run]
Filename: "{app}\stemdesk-window.exe"; Description: "{cm:LaunchProgram,StemDesk}"; Flags: nowait postinstall skipifsilent

[UninstallDelete]
; Byte code that Python wrote beside modules which are no part of the archive.
Type: filesandordirs; Name: "{app}\_internal"

[Code]
const
  EnvironmentKey = 'Environment';

{ The person's own PATH, without and with our folder. }

function PathWithout(Paths, Folder: String): String;
var
  Place: Integer;
begin
  { Between two semicolons, so that a folder whose name only begins alike is left alone. }
  Paths := ';' + Paths + ';';
  Place := Pos(';' + Uppercase(Folder) + ';', Uppercase(Paths));
  if Place > 0 then
    Delete(Paths, Place, Length(Folder) + 1);
  Result := Copy(Paths, 2, Length(Paths) - 2);
end;

procedure ChangePath(Add: Boolean);
var
  Before, After: String;
begin
  if not RegQueryStringValue(HKCU, EnvironmentKey, 'Path', Before) then
    Before := '';
  After := PathWithout(Before, ExpandConstant('{app}'));
  if Add then
  begin
    { Two conditions, one in the other: both sides of an "and" may be looked at. }
    if After <> '' then
      if After[Length(After)] <> ';' then
        After := After + ';';
    After := After + ExpandConstant('{app}');
  end;
  if After <> Before then
    RegWriteExpandStringValue(HKCU, EnvironmentKey, 'Path', After);
end;

procedure CurStepChanged(CurStep: TSetupStep);
begin
  if CurStep = ssPostInstall then
    ChangePath(WizardIsTaskSelected('onpath'));
end;

{ A program that runs cannot be opened for writing. }

function IsRunning(Name: String): Boolean;
var
  Stream: TFileStream;
begin
  Result := False;
  if not FileExists(Name) then
    Exit;
  try
    Stream := TFileStream.Create(Name, fmOpenReadWrite);
    Stream.Free;
  except
    Result := True;
  end;
end;

function AnyRunning: Boolean;
begin
  Result := IsRunning(ExpandConstant('{app}\stemdesk-window.exe'))
    or IsRunning(ExpandConstant('{app}\stemdesk.exe'));
end;

{ A silent uninstall gives up where it would have to ask. }

function InitializeUninstall: Boolean;
begin
  Result := not AnyRunning;
  while not Result do
  begin
    if UninstallSilent then
      Exit;
    if MsgBox(CustomMessage('Running'), mbError, MB_RETRYCANCEL) <> IDRETRY then
      Exit;
    Result := not AnyRunning;
  end;
end;

function IsTold(Word: String): Boolean;
var
  Number: Integer;
begin
  Result := False;
  for Number := 1 to ParamCount do
    if CompareText(ParamStr(Number), Word) = 0 then
      Result := True;
end;

{ "No" is the default, and what a silent uninstall takes, unless its words say otherwise. }

function Wanted(Question, Word: String): Boolean;
begin
  if UninstallSilent then
    Result := IsTold(Word)
  else
    Result := MsgBox(Question, mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES;
end;

procedure RemoveData;
var
  ExitCode: Integer;
begin
  { The program knows its folders, also those that were chosen in its settings. }
  Exec(ExpandConstant('{app}\stemdesk.exe'), 'clean --everything --models --yes',
    ExpandConstant('{tmp}'), SW_HIDE, ewWaitUntilTerminated, ExitCode);
end;

procedure RemoveStems(Folder: String);
begin
  if Wanted(FmtMessage(CustomMessage('RemoveStems'), [Folder]), '/REMOVESTEMS') then
    DelTree(Folder, True, True, True);
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Music: String;
begin
  if CurUninstallStep <> usUninstall then
    Exit;
  ChangePath(False);
  if Wanted(CustomMessage('RemoveData'), '/REMOVEDATA') then
    RemoveData;
  { Only the folder that StemDesk makes by itself; never one that was chosen. }
  if RegQueryStringValue(HKCU, 'Software\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders', 'My Music', Music) then
    if DirExists(Music + '\StemDesk') then
      RemoveStems(Music + '\StemDesk');
end;
