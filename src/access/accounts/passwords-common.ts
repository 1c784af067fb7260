/** Of ten characters and more, in small letters: those that whoever guesses tries first, and some of this service's own. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  0123456789 0987654321 1029384756 1122334455 1123581321 1234512345 1234554321 123456789a 123456789q 1234567890
  12345678900 12345678901 12345678910 123456789012 1234567891 12345qwert 1357924680 147258369a 1qaz2wsx3edc 1q2w3e4r5t
  1q2w3e4r5t6y 2222222222 3141592653 31415926535 9876543210 a123456789 a1b2c3d4e5 abcd123456 abcde12345 abcdefghij
  administrator administrador adminadmin admin12345 admin123456 admin1234567 asdfasdfasdf asdfghjkl1 asdfghjkl123
  astronomia astronomy1 astronomy123 babygirl123 basketball changeme123 changemenow charlie123 chocolate1 correcthorsebatterystaple
  darkenergy darkenergysurvey deskdeskdesk dsa110dsa110 football123 hello12345 helloworld helloworld1 iloveyou12 iloveyou123
  iloveyou1234 jesuschrist letmein123 letmein1234 liverpool1 lsstlsstlsst manchester michael123 minecraft123 monkey12345
  mypassword mypassword1 passw0rd123 passwordpassword password00 password01 password10 password11 password12 password123
  password1234 password12345 password123456 password2024 password2025 password2026 p@ssw0rd123 pokemon123 princess12
  princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv qwer123456 qwerty12345 qwerty123456 qwerty1234 qwertyqwerty qwertyuiop
  qwertyuiop1 qwertyuiop123 qwertyuiop[] recorte123 recorterecorte rubinobservatory secret12345 secretpassword spiderman1
  starwars123 summer2024 summer2025 summer2026 sunshine12 sunshine123 superman123 telescope1 telescope123 test123456
  testpassword testtest123 testtesttest trustno1trustno1 unbelievable welcome123 welcome1234 welcome2024 welcome2025
  welcome2026 whatever12 winter2024 winter2025 zaq12wsxcde zxcvbnm123 zxcvbnmasdfghjkl
  `
    .trim()
    .split(/\s+/),
);
