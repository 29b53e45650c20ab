#include "app/cli.h"

int main(int argc, char** argv) { return peyk::app::run_cli(argc, argv); }
