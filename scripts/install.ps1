<#
.SYNOPSIS
Installs zag: one file, checked against the checksums of its release.

.DESCRIPTION
Nothing is changed before the download was checked and has answered --version.

.PARAMETER Url
Where releases are (also ZAG_RELEASE_URL): URL/latest/download/FILE and URL/download/vX.Y.Z/FILE
answer with their files.

.PARAMETER Version
Which one; the newest by default (also ZAG_VERSION).

.PARAMETER Dir
Where the program goes; ~\.local\bin by default (also ZAG_INSTALL_DIR).

.PARAMETER Force
Replaces a file of the name zag.exe that is not zag.
#>
param(
  [string]$Url = $env:ZAG_RELEASE_URL,
  [string]$Version = $env:ZAG_VERSION,
  [string]$Dir = $env:ZAG_INSTALL_DIR,
  [switch]$Force
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
# The bar makes downloads slow in Windows PowerShell.
$ProgressPreference = 'SilentlyContinue'

# The publisher's address; scripts/release.ts writes it here.
$ReleaseUrl = ''

# No exit: in "irm ... | iex" that would close the terminal.
function Stop-Install([string]$Message, [string]$Hint) {
  if ($Hint) { $Message = "$Message`n$Hint" }
  throw $Message
}

function Get-Answer([string]$Program) {
  try { return "$(& $Program --version 2>$null)".Trim() } catch { return '' }
}

function Save-File([string]$From, [string]$To, [string]$Hint) {
  try { Invoke-WebRequest -UseBasicParsing -Uri $From -OutFile $To }
  catch { Stop-Install "Cannot download ${From}: $($_.Exception.Message)" $Hint }
}

function Expand-Gzip([string]$From, [string]$To) {
  $source = [IO.File]::OpenRead($From)
  $packed = New-Object IO.Compression.GzipStream($source, [IO.Compression.CompressionMode]::Decompress)
  $target = [IO.File]::Create($To)
  try { $packed.CopyTo($target) }
  finally { $target.Dispose(); $packed.Dispose(); $source.Dispose() }
}

function Install-Zag {
  if (-not $Url) { $Url = $ReleaseUrl }
  $Url = "$Url".TrimEnd('/')
  if (-not $Url) {
    Stop-Install 'Cannot download: nobody has said where releases of zag are' `
      'Give -Url URL, or set ZAG_RELEASE_URL'
  }
  if ($Url -notmatch '^(https://|http://(127\.0\.0\.1|localhost)[:/])') {
    Stop-Install "Cannot use the address ""$Url"": only https can be trusted" 'Give one with https'
  }
  if ([Environment]::OSVersion.Platform -ne 'Win32NT') {
    Stop-Install 'This script is for Windows' 'Run install.sh'
  }
  if (-not [Environment]::Is64BitOperatingSystem) {
    Stop-Install 'Cannot install zag: there is none for 32 bits' 'With Deno, zag.js runs anywhere'
  }
  # Windows on ARM runs it too.
  $asset = 'zag-x86_64-pc-windows-msvc.exe.gz'
  if (-not $Dir) { $Dir = Join-Path $HOME '.local\bin' }
  [void](New-Item -ItemType Directory -Force -Path $Dir)
  $Dir = (Resolve-Path -LiteralPath $Dir).Path
  $file = Join-Path $Dir 'zag.exe'
  if (Test-Path -LiteralPath $file) {
    if ((Get-Answer $file) -notmatch '^zag \d') {
      if (-not $Force) {
        Stop-Install "Cannot install zag: $file is there, and it is not zag" `
          'Move it away, give another directory with -Dir, or replace it with -Force'
      }
      [Console]::Error.WriteLine("warning: $file was not zag, and is replaced")
    }
  }
  $work = Join-Path $Dir ".zag-install-$([Guid]::NewGuid())"
  [void](New-Item -ItemType Directory -Path $work)
  try {
    if (-not $Version) {
      Save-File "$Url/latest/download/VERSION" "$work\VERSION" 'The newest version is not known'
      $Version = "$(Get-Content -Raw -LiteralPath "$work\VERSION")".Trim()
    }
    $Version = $Version -replace '^v', ''
    if ($Version -notmatch '^\d+\.\d+\.\d+$') {
      Stop-Install "Cannot use the version ""$Version"": it has to be three numbers"
    }
    $from = "$Url/download/v$Version"
    [Console]::Error.WriteLine("Downloading $from/$asset")
    Save-File "$from/SHA256SUMS" "$work\SHA256SUMS" "Is there a version ${Version}?"
    $wanted = Get-Content -LiteralPath "$work\SHA256SUMS" |
      Where-Object { $_ -match "^([0-9a-f]{64}) [ *]$([Regex]::Escape($asset))$" } |
      ForEach-Object { $_.Substring(0, 64) } | Select-Object -First 1
    if (-not $wanted) {
      Stop-Install "Cannot check the download: SHA256SUMS does not name $asset" `
        "Version $Version was not made for this system"
    }
    Save-File "$from/$asset" "$work\$asset" 'Nothing was changed'
    $found = (Get-FileHash -Algorithm SHA256 -LiteralPath "$work\$asset").Hash.ToLowerInvariant()
    if ($found -ne $wanted) {
      Stop-Install "Cannot use the download: its checksum is $found, and has to be $wanted" `
        "Nothing was changed. Try again; if it stays, do not trust $Url"
    }
    Expand-Gzip "$work\$asset" "$work\zag.exe"
    $answer = Get-Answer "$work\zag.exe"
    if ($answer -ne "zag $Version") {
      Stop-Install 'Cannot use the download: it does not run here' `
        "Nothing was changed. --version has to say ""zag $Version"", and says ""$answer"""
    }
    if (Test-Path -LiteralPath $file) {
      # A program that runs cannot be overwritten, but renamed.
      $old = Join-Path $Dir 'zag.exe.old'
      Remove-Item -Force -ErrorAction SilentlyContinue -LiteralPath $old
      Move-Item -Force -LiteralPath $file -Destination $old
      try { Move-Item -LiteralPath "$work\zag.exe" -Destination $file }
      catch { Move-Item -LiteralPath $old -Destination $file; throw }
      Remove-Item -Force -ErrorAction SilentlyContinue -LiteralPath $old
    } else {
      Move-Item -LiteralPath "$work\zag.exe" -Destination $file
    }
  } finally {
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue -LiteralPath $work
  }
  Write-Output "zag $Version is installed: $file"
  if (($env:Path -split ';') -notcontains $Dir) {
    [Console]::Error.WriteLine('To call it by its name, add its directory to PATH:')
    [Console]::Error.WriteLine(
      "  [Environment]::SetEnvironmentVariable('Path', ""`$([Environment]::GetEnvironmentVariable('Path', 'User'));$Dir"", 'User')")
  }
}

Install-Zag
